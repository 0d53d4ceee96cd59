import { Unexpected } from '../text/unexpected.ts';
import { FlatObjectReader } from './flat-object.ts';

/**
 * The elements of a list in a JSON object, while the text of it comes in. Each is parsed by itself, so that no more than one of them
 * and a piece of the text are in memory.
 *
 * @param pieces the text of an object with the list under `key`.
 * @returns some elements at a time, and at last the text around them with an empty list in their place: it is to be JSON
 *   too. When the list is never found, that is the whole text.
 * @throws Unexpected when the list is not one of JSON; whatever `JSON.parse` throws for an element.
 */
export async function* jsonElements(
  pieces: AsyncIterable<string>,
  key: string,
): AsyncGenerator<unknown[], { readonly around: string; readonly isFound: boolean }> {
  let around = '';
  let text = '';
  let stage: 'before' | 'inside' | 'after' = 'before';
  let mayBe: Expected = 'value or end';
  const flatObjects = new FlatObjectReader();
  for await (const piece of pieces) {
    if (stage === 'after') around += piece;
    else text += piece;
    if (stage === 'before') {
      const start = startOf(text, key);
      if (start === undefined) continue;
      around = text.slice(0, start);
      text = text.slice(start);
      stage = 'inside';
    }
    if (stage !== 'inside') continue;
    let place = 0;
    let elements: unknown[] = [];
    for (;;) {
      const token = nextToken(text, place, mayBe, flatObjects);
      if (token === undefined) break;
      place = token.end;
      mayBe = token.next;
      if (token.kind === 'value') elements.push(token.value);
      if (elements.length === atOnce) {
        yield elements;
        elements = [];
      }
      if (token.kind === 'end') {
        around += `]${text.slice(token.end)}`;
        stage = 'after';
        break;
      }
    }
    text = stage === 'after' ? '' : text.slice(place);
    yield elements;
  }
  if (stage === 'inside') throw new Unexpected();
  return stage === 'before' ? { around: text, isFound: false } : { around, isFound: true };
}

/** Elements that are in memory at a time: those of a whole piece would pass for something that stays. */
const atOnce = 16;

/** What may come next in a list. */
type Expected = 'value or end' | 'value' | 'comma or end';

interface Token {
  readonly kind: 'value' | 'comma' | 'end';
  readonly value?: unknown;
  readonly end: number;
  readonly next: Expected;
}

/** The next part of a list, or undefined when the text ends before it does. */
function nextToken(
  text: string,
  from: number,
  mayBe: Expected,
  flatObjects: FlatObjectReader,
): Token | undefined {
  let start = from;
  while (start < text.length && isSpace(text.charCodeAt(start))) start += 1;
  if (start === text.length) return undefined;
  const first = text[start];
  if (first === ',' && mayBe === 'comma or end') return { kind: 'comma', end: start + 1, next: 'value' };
  if (first === ']' && mayBe !== 'value') return { kind: 'end', end: start + 1, next: mayBe };
  if (first === ',' || first === ']' || mayBe === 'comma or end') throw new Unexpected();
  const flat = flatObjects.at(text, start);
  if (flat !== undefined) return { kind: 'value', ...flat, next: 'comma or end' };
  const end = endOfValue(text, start);
  if (end === undefined) return undefined;
  return { kind: 'value', value: JSON.parse(text.slice(start, end)), end, next: 'comma or end' };
}

/** Where a value ends, as far as its brackets and quotes say; undefined when the text ends before. */
function endOfValue(text: string, start: number): number | undefined {
  let depth = 0;
  for (let i = start; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === code.quote) {
      i = endOfString(text, i);
      if (i < 0) return undefined;
      if (depth === 0) return i + 1;
    } else if (c === code.openBrace || c === code.openBracket) depth += 1;
    else if (c === code.closeBrace || c === code.closeBracket) {
      // Of the list itself, right after a number or a word.
      if (depth === 0) return i;
      depth -= 1;
      if (depth === 0) return i + 1;
    } else if (depth === 0 && (c === code.comma || isSpace(c))) return i;
  }
  return undefined;
}

/** Where the quotes are that end a string; -1 when they are not there yet. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === code.backslash) backslashes += 1;
    if (backslashes % 2 === 0) return end;
  }
  return -1;
}

/** Where the first element of the list may begin; undefined when the text has not come to it. */
function startOf(text: string, key: string): number | undefined {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === code.quote) {
      const end = endOfString(text, i);
      if (end < 0) return undefined;
      const list = depth === 1 ? /^\s*:\s*\[/.exec(text.slice(end + 1, end + 100)) : null;
      if (list !== null && text.slice(i, end + 1) === JSON.stringify(key)) return end + 1 + list[0].length;
      i = end;
    } else if (c === code.openBrace || c === code.openBracket) depth += 1;
    else if (c === code.closeBrace || c === code.closeBracket) depth -= 1;
  }
  return undefined;
}

function isSpace(c: number): boolean {
  return c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09;
}

const code = {
  quote: 0x22,
  comma: 0x2c,
  openBracket: 0x5b,
  backslash: 0x5c,
  closeBracket: 0x5d,
  openBrace: 0x7b,
  closeBrace: 0x7d,
};
