/** A value of a flat object, as JSON has it. */
export type FlatValue = string | number | boolean | null;

/** What was read, and where it ends. */
export interface FlatObject {
  readonly value: Record<string, FlatValue>;
  readonly end: number;
}

/** Names that are remembered. */
const namesAtMost = 100;

/**
 * Reads JSON objects of which every value is a text without escapes, a whole number, true, false or null: rows of a table. `JSON.parse` says
 * the same of them, but puts every text of up to ten characters among the names of the program, where only the slow collection of garbage clears
 * up: of 100,000 rows, that is 12 MB.
 */
export class FlatObjectReader {
  /** Each name once: to give a property a text as its name takes long when it is another text every time. */
  private readonly names = new Map<string, string>();

  /** @param start where it may begin. @returns undefined when it is anything else, or not all there: `JSON.parse` says what. */
  at(text: string, start: number): FlatObject | undefined {
    if (text[start] !== '{') return undefined;
    const value: Record<string, FlatValue> = {};
    let place = afterSpace(text, start + 1);
    for (;;) {
      const key = textAt(text, place);
      if (key === undefined || key === '__proto__') return undefined;
      place = afterSpace(text, place + key.length + 2);
      if (text[place] !== ':') return undefined;
      const found = valueAt(text, afterSpace(text, place + 1));
      if (found === undefined) return undefined;
      value[this.nameOf(key)] = found.value;
      place = afterSpace(text, found.end);
      const next = text[place];
      place += 1;
      if (next === '}') return { value, end: place };
      if (next !== ',') return undefined;
      place = afterSpace(text, place);
    }
  }

  private nameOf(key: string): string {
    const known = this.names.get(key);
    if (known !== undefined) return known;
    if (this.names.size < namesAtMost) this.names.set(key, key);
    return key;
  }
}

function valueAt(
  text: string,
  start: number,
): { readonly value: FlatValue; readonly end: number } | undefined {
  if (text[start] === '"') {
    const value = textAt(text, start);
    return value === undefined ? undefined : { value, end: start + value.length + 2 };
  }
  for (const [word, value] of words)
    if (text.startsWith(word, start)) return { value, end: start + word.length };
  wholeNumber.lastIndex = start;
  const [number] = wholeNumber.exec(text) ?? [];
  return number === undefined ? undefined : { value: Number(number), end: start + number.length };
}

const words = [
  ['true', true],
  ['false', false],
  ['null', null],
] as const;

/** Followed by what ends it: in JSON, nothing else may. */
const wholeNumber = /(?:0|[1-9][0-9]{0,14})(?=[\s,}])/y;

/** The text between two quotes; undefined when it has an escape, or what JSON has no room for. */
function textAt(text: string, start: number): string | undefined {
  if (text[start] !== '"') return undefined;
  const end = text.indexOf('"', start + 1);
  if (end < 0) return undefined;
  const found = text.slice(start + 1, end);
  return unusual.test(found) ? undefined : found;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON has no room for them between quotes.
const unusual = /[\\\0-\x1f]/;

function afterSpace(text: string, start: number): number {
  let place = start;
  for (let c = text.charCodeAt(place); c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09; ) {
    place += 1;
    c = text.charCodeAt(place);
  }
  return place;
}
