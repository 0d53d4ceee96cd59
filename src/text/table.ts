import { terminalWidth } from './command-line.ts';
import { printable } from './printable.ts';

/** All columns but the last are cut at this width: an org id may have 255 characters. */
const maxColumnWidth = 48;
/** Least width of the last column on a terminal. */
const minLastColumnWidth = 28;
/** The other columns are not narrowed below this width. */
const minColumnWidth = 12;

type Cells = readonly (readonly string[])[];

/**
 * Formats a table like kubectl's: columns as wide as needed, two spaces apart. When the terminal is narrower, the last
 * column is wrapped and the others are cut. Invisible characters are escaped, so that a cell cannot move the cursor.
 *
 * @param width columns of the terminal; undefined for lines of any length.
 */
export async function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  width: number | undefined = terminalWidth(),
): Promise<string> {
  const cells = [header, ...rows].map((row) => row.map(printable));
  const measure = await measureFor(cells);
  const widths = header.slice(0, -1).map((_, column) => widthOf(cells, column, measure));
  if (width !== undefined) narrow(widths, width - minLastColumnWidth);
  const indent = widths.reduce((sum, columnWidth) => sum + columnWidth + 2, 0);
  const lines = cells.map((row) => {
    const first = widths.map((columnWidth, column) =>
      padded(cut(row[column] ?? '', columnWidth, measure), columnWidth, measure),
    );
    const last = row.at(-1) ?? '';
    const wrapped =
      width === undefined ? [last] : wrap(last, Math.max(width - indent, minColumnWidth), measure);
    return `${first.join('')}${wrapped.join(`\n${' '.repeat(indent)}`)}\n`;
  });
  return lines.join('');
}

/** The number of columns that a text takes. */
type Measure = (text: string) => number;

/** `string-width` is slow to load, so it is loaded only when a cell may have wide characters. */
async function measureFor(cells: Cells): Promise<Measure> {
  if (cells.every((row) => row.every(isPlain))) return (text) => text.length;
  const { default: exactWidth } = await import('string-width');
  return (text) => (isPlain(text) ? text.length : exactWidth(text));
}

function isPlain(text: string): boolean {
  return /^[ -~]*$/.test(text);
}

function widthOf(cells: Cells, column: number, measure: Measure): number {
  return cells.reduce(
    (width, row) => Math.max(width, Math.min(maxColumnWidth, measure(row[column] ?? ''))),
    0,
  );
}

/** Narrows the widest columns until all of them fit. */
function narrow(widths: number[], room: number): void {
  const used = () => widths.reduce((sum, columnWidth) => sum + columnWidth + 2, 0);
  while (used() > room) {
    const most = Math.max(...widths);
    if (most <= minColumnWidth) return;
    widths[widths.indexOf(most)] = most - 1;
  }
}

function padded(text: string, width: number, measure: Measure): string {
  return text + ' '.repeat(Math.max(0, width - measure(text)) + 2);
}

function cut(text: string, width: number, measure: Measure): string {
  if (measure(text) <= width) return text;
  let shown = '';
  for (const character of text) {
    if (measure(shown + character) > width - 1) break;
    shown += character;
  }
  return `${shown}…`;
}

/** Wraps at spaces only, so that a path or a name can be copied whole. */
function wrap(text: string, width: number, measure: Measure): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && measure(last) + 1 + measure(word) <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
