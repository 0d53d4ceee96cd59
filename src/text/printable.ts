/**
 * Characters that are invisible, or that change how others are shown, as ranges of code points. A fixed list, not
 * Unicode's categories: those change with the version of Node, and rendered files must not.
 */
const unseenRanges: readonly (readonly [from: number, to?: number])[] = [
  [0x00, 0x1f], // controls
  [0x7f, 0xa0], // delete, more controls, no-break space
  [0xad], // soft hyphen
  [0x34f], // combining grapheme joiner
  [0x600, 0x605], // Arabic number signs
  [0x61c], // Arabic letter mark
  [0x6dd], // Arabic end of ayah
  [0x70f], // Syriac abbreviation mark
  [0x890, 0x891], // Arabic pound and piastre marks
  [0x8e2], // Arabic disputed end of ayah
  [0x115f, 0x1160], // Hangul fillers
  [0x1680], // ogham space
  [0x17b4, 0x17b5], // Khmer inherent vowels
  [0x180b, 0x180f], // Mongolian variation selectors and vowel separator
  [0x2000, 0x200f], // spaces, zero-width characters, direction marks
  [0x2028, 0x202f], // line and paragraph separators, direction overrides, narrow no-break space
  [0x205f, 0x206f], // spaces, invisible operators, direction isolates
  [0x3000], // ideographic space
  [0x3164], // Hangul filler
  [0xd800, 0xdfff], // halves of surrogate pairs
  [0xe000, 0xf8ff], // private use
  [0xfe00, 0xfe0f], // variation selectors
  [0xfeff], // byte order mark
  [0xffa0], // halfwidth Hangul filler
  [0xfff0, 0xffff], // specials
  [0x110bd], // Kaithi number signs
  [0x110cd],
  [0x13430, 0x1343f], // Egyptian hieroglyph format controls
  [0x1bca0, 0x1bcaf], // shorthand format controls
  [0x1d173, 0x1d17a], // musical format controls
  [0xe0000, 0x10ffff], // tags, more variation selectors, private use
];

const characterClass = unseenRanges
  .map(([from, to = from]) => `\\u{${from.toString(16)}}-\\u{${to.toString(16)}}`)
  .join('');
const unseenButNewline = new RegExp(`(?!\\n)[${characterClass}]`, 'u');
const everyUnseen = new RegExp(`[${characterClass}]`, 'gu');
const everyUnseenButNewline = new RegExp(unseenButNewline.source, 'gu');

/** Whether a text has no invisible characters except newlines. */
export function isPrintable(text: string): boolean {
  return !unseenButNewline.test(text);
}

/** An untrusted text for one line on a terminal: invisible characters and newlines are escaped. */
export function printable(text: string): string {
  return text.replaceAll(everyUnseen, escapeSequence);
}

/** The same, but newlines stay. The escapes are those of a double-quoted YAML scalar. */
export function printableLines(text: string): string {
  return text.replaceAll(everyUnseenButNewline, escapeSequence);
}

/**
 * An untrusted name for a message: verbatim when it is plain, otherwise quoted like JSON, so that its ends are visible.
 */
export function nameForMessage(name: string): string {
  if (/^[!-~]+$/.test(name) && !/["'\\[\]]/.test(name)) return name;
  return printable(JSON.stringify(name));
}

function escapeSequence(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = (digits: number) => code.toString(16).padStart(digits, '0');
  return code <= 0xff ? `\\x${hex(2)}` : code <= 0xffff ? `\\u${hex(4)}` : `\\U${hex(8)}`;
}
