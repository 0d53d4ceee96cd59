import type { Catalog } from '../../catalog/catalog.ts';
import type { Platform } from '../../platform/platform-settings.ts';
import { orgManifests } from '../org-manifests.ts';
import { fileBody } from '../render-files.ts';
import { type Expression, expressionOf, hasMark, marked } from './expression.ts';
import { mapTexts, type SettingTexts, withTexts } from './structure.ts';

/** The files of all orgs of one shape, without headers: what all have in common, and the pieces between. */
export interface Template {
  /** Fingerprints, which depend on the org's other texts. They are appended to the texts, in order. */
  readonly digests: readonly Expression[];
  /** All different pieces that contain texts of the org. */
  readonly pieces: readonly Piece[];
  readonly files: readonly FileTemplate[];
}

export interface Piece {
  /**
   * `scalar`: a whole text of one line. `block`: a whole text of several lines. `inBlock`: a part of such a text,
   * filled in verbatim.
   */
  readonly kind: 'scalar' | 'inBlock' | 'block';
  readonly expression: Expression;
}

export interface FileTemplate {
  readonly file: string;
  /** One more than slots. */
  readonly literals: readonly string[];
  /** The piece between two literals, as an index. */
  readonly slots: readonly number[];
}

/**
 * Renders a catalog whose texts are marked, and finds the marks in the output.
 *
 * @param texts the catalog's own (`structureOf`), all of them ordinary.
 * @returns undefined when one of them is at a position where it cannot be filled in.
 */
export function makeTemplate(
  catalog: Catalog,
  texts: readonly string[],
  settingTexts: SettingTexts,
  platform: Platform,
): Template | undefined {
  const known = [...texts];
  const digests: Expression[] = [];
  const pieces = new Pieces();
  const parse = (text: string) => {
    const expression = expressionOf(text, known);
    if (expression === undefined) throw notTemplatable;
    return expression;
  };
  const digest = (text: string) => {
    digests.push(parse(text));
    return marked('', known.push('') - 1);
  };
  try {
    const markedCatalog = withTexts(catalog, settingTexts, (text) => marked(text, texts.indexOf(text)));
    const files = [...orgManifests(markedCatalog, platform, digest)].map(([file, objects]) => {
      const inTokens = objects.map((object) => mapTexts(object, (text) => pieces.tokens(parse(text))));
      return fileTemplate(file, fileBody(inTokens));
    });
    return { digests, pieces: pieces.all, files };
  } catch (error) {
    if (error === notTemplatable) return undefined;
    throw error;
  }
}

/** Thrown when a text of the org is at a position where it cannot be filled in. */
const notTemplatable = new Error('not templatable');

/** The pieces of a template, without duplicates, and their placeholders while the text around them is written. */
class Pieces {
  readonly all: Piece[] = [];
  private readonly numbers = new Map<string, number>();

  tokens(expression: Expression): string {
    if (expression.every((part) => typeof part === 'string')) return expression.join('');
    const isBlock = expression.some((part) => typeof part === 'string' && part.includes('\n'));
    if (!isBlock) return this.token({ kind: 'scalar', expression });
    this.token({ kind: 'block', expression });
    return expression
      .map((part, i) => {
        if (typeof part === 'string') return part;
        const [before, after] = [expression[i - 1], expression[i + 1]];
        // Not at the end of a line, where blanks would be lost, and not on a line of its own.
        const isInside =
          typeof before === 'string' && /\S$/.test(before) && typeof after === 'string' && /^\S/.test(after);
        if (!isInside || part.spelling !== 'asciiJSON') throw notTemplatable;
        return this.token({ kind: 'inBlock', expression: [part] });
      })
      .join('');
  }

  private token(piece: Piece): string {
    const key = JSON.stringify(piece);
    const number = this.numbers.get(key) ?? this.all.push(piece) - 1;
    this.numbers.set(key, number);
    return `piece-${number}-of-this-template`;
  }
}

const anyToken = /piece-([0-9]+)-of-this-template/;

function fileTemplate(file: string, written: string): FileTemplate {
  // For example in a key.
  if (hasMark(written)) throw notTemplatable;
  const [first = '', ...rest] = written.split(anyToken);
  return {
    file,
    literals: [first, ...rest.filter((_, i) => i % 2 === 1)],
    slots: rest.filter((_, i) => i % 2 === 0).map(Number),
  };
}
