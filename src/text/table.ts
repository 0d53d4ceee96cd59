import { terminalWidth } from './command-line.ts';
import { printable } from './printable.ts';

/** Cells of all columns but the last are cut at this width: an org id may have 255 characters. */
const widest = 48;
/** Columns of a terminal that the last column of a table is given, at least. */
const leastForLast = 28;
/** What is left of the other columns for that, at least. */
const leastForOthers = 12;

type Cells = readonly (readonly string[])[];

/**
 * Columns of text like kubectl's: as wide as needed, two spaces apart. On a terminal that is narrower the last column
 * goes on in further lines, and the others are cut as far as that needs. Cells from outside cannot move the cursor:
 * what cannot be seen in them is escaped.
 *
 * @param width columns of the terminal; undefined when it is none, and lines may have any length.
 */
export async function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  width: number | undefined = terminalWidth(),
): Promise<string> {
  const cells = [header, ...rows].map((row) => row.map(printable));
  const measure = await measureFor(cells);
  const widths = header.slice(0, -1).map((_, column) => widthOf(cells, column, measure));
  if (width !== undefined) narrow(widths, width - leastForLast);
  const indent = widths.reduce((sum, columnWidth) => sum + columnWidth + 2, 0);
  const lines = cells.map((row) => {
    const first = widths.map((columnWidth, column) =>
      padded(cut(row[column] ?? '', columnWidth, measure), columnWidth, measure),
    );
    const last = row.at(-1) ?? '';
    const wrapped =
      width === undefined ? [last] : wrap(last, Math.max(width - indent, leastForOthers), measure);
    return `${first.join('')}${wrapped.join(`\n${' '.repeat(indent)}`)}\n`;
  });
  return lines.join('');
}

/** Tells how many columns a text takes. */
type Measure = (text: string) => number;

/**
 * What knows of wide characters takes longer to load than anything else here, so it is loaded where there may be some.
 */
async function measureFor(cells: Cells): Promise<Measure> {
  if (cells.every((row) => row.every(isPlain))) return (text) => text.length;
  const { default: exactWidth } = await import('string-width');
  return (text) => (isPlain(text) ? text.length : exactWidth(text));
}

function isPlain(text: string): boolean {
  return /^[ -~]*$/.test(text);
}

function widthOf(cells: Cells, column: number, measure: Measure): number {
  return cells.reduce((width, row) => Math.max(width, Math.min(widest, measure(row[column] ?? ''))), 0);
}

/** Takes from the widest columns until all of them fit. */
function narrow(widths: number[], room: number): void {
  const used = () => widths.reduce((sum, columnWidth) => sum + columnWidth + 2, 0);
  while (used() > room) {
    const most = Math.max(...widths);
    if (most <= leastForOthers) return;
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

/** At spaces only: a path or a name is to be copied whole. */
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
