import { escapeBeyondASCII } from '../../catalog/registration-inputs.ts';

/**
 * A text that contains texts of an org. While a template is made, each text of the org is followed by a mark, which
 * shows the position and the spelling in the output. If the whole text is not before its mark, it was cut or changed,
 * and no template can be made.
 */
export type Expression = readonly (string | Insertion)[];

interface Insertion {
  /** Which of the org's texts. */
  readonly text: number;
  readonly spelling: Spelling;
}

/**
 * How a text is spelt: verbatim; inside quotes of JSON; or inside quotes of JSON in ASCII only (`encode` of the
 * registration inputs).
 */
type Spelling = 'verbatim' | 'json' | 'asciiJSON';

/** Whether a text has the same characters in every spelling, so that only its mark shows the spelling. */
export function isOrdinary(text: string): boolean {
  return ordinary.test(text);
}

const ordinary = /^[ !#-[\]-~]*$/;

/**
 * A text with its mark. The mark sorts before every character of a name, so that marks do not change the order of a
 * list. It is different in each spelling.
 */
export function marked(text: string, index: number): string {
  return `${text}"${index}¤`;
}

const anyMark = /(\\?)"([0-9]+)(¤|\\u00a4)/g;

/** Whether a text contains a mark. */
export function hasMark(text: string): boolean {
  return text.search(anyMark) >= 0;
}

/**
 * Finds the marks.
 *
 * @param texts those that were marked, all of them ordinary.
 * @returns undefined when one of them was changed.
 */
export function expressionOf(written: string, texts: readonly string[]): Expression | undefined {
  const parts: (string | Insertion)[] = [];
  let end = 0;
  for (const mark of written.matchAll(anyMark)) {
    const [whole, backslash, number, close] = mark;
    const spelling: Spelling = backslash === '' ? 'verbatim' : close === '¤' ? 'json' : 'asciiJSON';
    const own = texts[Number(number)];
    const before = written.slice(end, mark.index);
    if (own === undefined || !before.endsWith(own)) return undefined;
    parts.push(before.slice(0, before.length - own.length), { text: Number(number), spelling });
    end = mark.index + whole.length;
  }
  parts.push(written.slice(end));
  return parts.filter((part) => part !== '');
}

/** Fills in the texts of an org. */
export function evaluate(expression: Expression, texts: readonly string[]): string {
  let written = '';
  for (const part of expression)
    written += typeof part === 'string' ? part : spell(texts[part.text] as string, part.spelling);
  return written;
}

function spell(text: string, spelling: Spelling): string {
  if (spelling === 'verbatim' || isOrdinary(text)) return text;
  const json = JSON.stringify(text).slice(1, -1);
  return spelling === 'json' ? json : escapeBeyondASCII(json);
}
