import { credentialForm } from '../../text/credential-form.ts';
import { sha256 } from '../../text/sha256.ts';
import { sealed } from '../../tree/header.ts';
import { evaluate } from './expression.ts';
import { scalar } from './scalar.ts';
import type { FileTemplate, Piece, Template } from './template.ts';

/**
 * Fills the texts of an org into the template of its shape.
 *
 * @returns the text of every file, in the template's order; undefined when this org has to be rendered slowly:
 *   a text has several lines, or must not be written at all.
 */
export function fill(template: Template, own: readonly string[]): string[] | undefined {
  const texts = [...own];
  for (const digest of template.digests) texts.push(sha256(evaluate(digest, texts)));
  const pieces: string[] = [];
  for (const piece of template.pieces) {
    const written = write(piece, texts);
    if (written === undefined) return undefined;
    pieces.push(written);
  }
  return template.files.map((file) => sealed(fileOf(file, pieces)));
}

function write({ kind, expression }: Piece, texts: readonly string[]): string | undefined {
  const text = evaluate(expression, texts);
  if (kind === 'inBlock') return text;
  if (credentialForm(text) !== undefined) return undefined;
  return kind === 'scalar' ? scalar(text) : '';
}

function fileOf({ literals, slots }: FileTemplate, pieces: readonly string[]): string {
  let text = literals[0] as string;
  for (let i = 0; i < slots.length; i++)
    text += (pieces[slots[i] as number] as string) + (literals[i + 1] as string);
  return text;
}
