import stringWidth from 'string-width';
import { printable } from './printable.ts';

/**
 * Columns of text like kubectl's: as wide as needed, two spaces apart. Cells from outside cannot move the cursor: what cannot
 * be seen in them is escaped.
 */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [header, ...rows].map((row) => row.map(printable));
  const widths = header.map((_, column) => Math.max(...cells.map((row) => stringWidth(row[column] ?? ''))));
  const line = (row: readonly string[]) =>
    widths
      .map((width, column) => (row[column] ?? '') + ' '.repeat(width - stringWidth(row[column] ?? '')))
      .join('  ');
  return cells.map((row) => `${line(row).trimEnd()}\n`).join('');
}
