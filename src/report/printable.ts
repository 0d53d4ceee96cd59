/**
 * Characters that a reader does not see, or that change what he sees: controls, unusual spaces, zero-width and
 * bidirectional marks, fillers, variation selectors, private use. A fixed list, not Unicode's categories, because those change with
 * the version of Node and rendered text must not.
 */
const unseen =
  /[\u0000-\u001f\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ud800-\udfff\ue000-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\u{1bca0}-\u{1bcaf}\u{1d173}-\u{1d17a}\u{e0000}-\u{10ffff}]/u;
const everyUnseen = new RegExp(unseen, 'gu');
const everyUnseenButNewline = new RegExp(`(?!\\n)${unseen.source}`, 'gu');

/** Whether all of a text can be seen; newlines count as seen. */
export function isPrintable(text: string): boolean {
  return !unseen.test(text.replaceAll('\n', ''));
}

/** A text from outside, fit for a line on a terminal: what cannot be seen, and newlines, as escapes. */
export function printable(text: string): string {
  return text.replaceAll(everyUnseen, escape);
}

/** The same, but lines stay lines. The escapes are those of a double-quoted scalar in YAML. */
export function printableLines(text: string): string {
  return text.replaceAll(everyUnseenButNewline, escape);
}

function escape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = (digits: number) => code.toString(16).padStart(digits, '0');
  return code <= 0xff ? `\\x${hex(2)}` : code <= 0xffff ? `\\u${hex(4)}` : `\\U${hex(8)}`;
}
