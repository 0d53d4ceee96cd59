import { UsageError } from '../text/errors.ts';
import { nameForMessage } from '../text/printable.ts';
import { parseText, readText } from '../text/text-file.ts';
import type { RawRecord } from './raw-record.ts';
import { similarColumn } from './warehouse-record.ts';

const key = 'warehouses';

/**
 * Reads the warehouses of a file: a list under the key `warehouses`, whose entries have the table's column
 * names as keys. `.json` is JSON, everything else YAML 1.2.
 *
 * @param warn is given one line for each column that is unknown and close to a known one.
 * @returns one raw record per entry, in the file's order; `state` is `ready` where the entry does not say.
 * @throws UsageError when the file cannot be read, or is not of that shape; the message has line and column.
 */
export async function* readWarehouseFile(
  path: string,
  warn: (message: string) => void = () => undefined,
): AsyncGenerator<RawRecord> {
  const content = parseText(path, await readText(path));
  const list = isRecord(content) ? content[key] : undefined;
  if (!Array.isArray(list))
    throw new UsageError(`${path}: expected a list under the key "${key}", one entry per organisation`);
  const unknown = new UnknownColumns();
  for (const [index, columns] of list.entries()) {
    const at = `${key}[${index}]`;
    if (isRecord(columns)) unknown.add(at, columns);
    yield { at, columns: withState(columns) };
  }
  for (const warning of unknown.warnings()) warn(`${path}: ${warning}`);
}

/** Columns that are not known and close to one that is: ignored, and most likely a mistake. */
class UnknownColumns {
  private readonly found = new Map<string, { meant: string | undefined; first: string; more: number }>();

  add(at: string, columns: Readonly<Record<string, unknown>>): void {
    for (const column of Object.keys(columns)) {
      const known = this.found.get(column);
      if (known !== undefined) known.more += 1;
      else this.found.set(column, { meant: similarColumn(column), first: at, more: 0 });
    }
  }

  *warnings(): Generator<string> {
    for (const [column, { meant, first, more }] of this.found)
      if (meant !== undefined)
        yield `${first}.${nameForMessage(column)}${more > 0 ? ` and ${more} more` : ''}: ` +
          `is not a column; did you mean ${meant}?`;
  }
}

function withState(columns: unknown): unknown {
  return isRecord(columns) && (columns.state === undefined || columns.state === null)
    ? { ...columns, state: 'ready' }
    : columns;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
