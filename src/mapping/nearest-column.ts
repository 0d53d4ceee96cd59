import { distance } from 'fastest-levenshtein';
import { type FieldName, fields } from './fields.ts';

/**
 * The column of a relation that most likely has a field: by the field's usual names, in their order, then by the
 * fewest letters that differ.
 *
 * @returns undefined where none is near.
 */
export function nearestColumn(field: FieldName, columns: readonly string[]): string | undefined {
  const names = [field, fields[field].column, ...fields[field].alike].map(letters);
  for (const name of names) {
    const same = columns.find((column) => letters(column) === name);
    if (same !== undefined) return same;
  }
  return nearestName(names, columns);
}

/** The column whose name differs by a typing error. */
export function nearestName(
  names: string | readonly string[],
  columns: readonly string[],
): string | undefined {
  const wanted = [names].flat().map(letters);
  const ranked = columns
    .map((column) => ({
      column,
      // A short name with another letter is another word.
      away: Math.min(
        ...wanted.map((name) => {
          const differing = distance(letters(column), name);
          return differing <= name.length / 4 ? differing : Number.POSITIVE_INFINITY;
        }),
      ),
    }))
    .filter(({ away }) => away < Number.POSITIVE_INFINITY)
    .sort((a, b) => a.away - b.away);
  return ranked[0]?.column;
}

function letters(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}
