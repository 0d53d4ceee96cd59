/**
 * A name from outside for a message: as it is when it consists of printable ASCII without spaces, quotes,
 * backslashes and square brackets; otherwise quoted as JSON, with everything that a terminal acts on or does
 * not show (control and format characters such as right-to-left marks, unusual spaces) escaped.
 */
export function printable(text: string): string {
  if (/^[!-~]+$/.test(text) && !/["'\\[\]]/.test(text)) return text;
  return JSON.stringify(text).replace(/(?! )[\p{C}\p{Z}]/gu, escaped);
}

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, unit) => {
    const code = character.charCodeAt(unit).toString(16).padStart(4, '0');
    return `\\u${code}`;
  }).join('');
}
