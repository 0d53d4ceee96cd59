import widthOf from 'string-width';
import { printable } from './printable.ts';

/** Cells of all columns but the last are cut at this width: an org id may have 255 characters. */
const widest = 48;

/**
 * Columns of text like kubectl's: as wide as needed, two spaces apart. Cells from outside cannot move the cursor: what cannot
 * be seen in them is escaped.
 */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const last = header.length - 1;
  const cells = [header, ...rows].map((row) =>
    row.map((cell, column) => (column === last ? printable(cell) : cut(printable(cell)))),
  );
  const widths = header.map(() => 0);
  for (const row of cells)
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, stringWidth(cell));
    });
  const pad = (cell: string, column: number) =>
    column === last ? cell : cell + ' '.repeat((widths[column] ?? 0) - stringWidth(cell) + 2);
  return cells.map((row) => `${row.map(pad).join('')}\n`).join('');
}

/** The columns that a text takes. Finding out is slow where it may be other than its length. */
function stringWidth(text: string): number {
  return /^[ -~]*$/.test(text) ? text.length : widthOf(text);
}

function cut(text: string): string {
  if (stringWidth(text) <= widest) return text;
  let shown = '';
  for (const character of text) {
    if (stringWidth(shown + character) > widest - 1) break;
    shown += character;
  }
  return `${shown}…`;
}
