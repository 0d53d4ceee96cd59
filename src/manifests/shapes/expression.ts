import { escapeBeyondASCII } from '../../catalog/registration-inputs.ts';

/**
 * Text with the own texts of an org in it. While a template is made, each of them carries a mark, which shows where
 * it got to, and in which spelling; where its text is not found whole before its mark, it was cut or changed, and
 * there is no template.
 */
export type Expression = readonly (string | Insertion)[];

interface Insertion {
  /** Which of the org's texts. */
  readonly text: number;
  readonly spelling: Spelling;
}

/**
 * How a text is spelt: as it is; inside quotes in JSON; or inside quotes in JSON that has nothing but ASCII (`encode`
 * of the registration inputs).
 */
type Spelling = 'verbatim' | 'json' | 'asciiJSON';

/** Whether a text is spelt the same way everywhere, and so can be followed by a mark that says how. */
export function isOrdinary(text: string): boolean {
  return ordinary.test(text);
}

const ordinary = /^[ !#-[\]-~]*$/;

/**
 * A text with its mark. The mark sorts before everything that a name may have in it, so that a list stays sorted as
 * it was; and it looks different in each spelling.
 */
export function marked(text: string, index: number): string {
  return `${text}"${index}¤`;
}

const anyMark = /(\\?)"([0-9]+)(¤|\\u00a4)/g;

/** Whether there is a mark left in a text. */
export function hasMark(text: string): boolean {
  return text.search(anyMark) >= 0;
}

/**
 * Finds the marks.
 *
 * @param texts the ones that were marked, all of them ordinary.
 * @returns undefined when one of them was changed on its way.
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

/** Puts an org's texts in. */
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
