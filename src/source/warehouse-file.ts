import { anyEntriesIn, parseStream, standardInput, warehousesIn } from '../mapping/entries.ts';
import { entryRecords } from '../mapping/entry-records.ts';
import { similarColumn } from '../mapping/known-columns.ts';
import { withState } from '../mapping/map-entry.ts';
import type { RawRecord } from '../mapping/raw-record.ts';
import { duckgres, isDuckgres, type SourceMapping } from '../mapping/source-mapping.ts';
import { UsageError } from '../text/errors.ts';
import { nameForMessage } from '../text/printable.ts';
import { parseText, readStandardInput, readText } from '../text/text-file.ts';

/**
 * Reads the warehouses of a file: a list under the key `warehouses`, whose entries have the table's column
 * names as keys. `.json` is JSON, everything else YAML 1.2. With a mapping of its own, a list by itself or under
 * `items` is accepted as well, and entries have whatever keys the mapping names.
 *
 * @param path `-` for standard input: JSON, JSON lines or YAML.
 * @param warn is given one line for each column that is unknown and close to a known one, or that no entry has.
 * @param plural of the Kubernetes objects that the entries are; undefined when they are none.
 * @returns one raw record per entry, in the file's order; `state` is `ready` where the entry does not say.
 * @throws UsageError when the file cannot be read, or is not of that shape; the message has line and column.
 */
export async function* readWarehouseFile(
  path: string,
  warn: (message: string) => void = () => undefined,
  mapping: SourceMapping = duckgres,
  plural?: string,
): AsyncGenerator<RawRecord> {
  const isStream = path === '-';
  const place = isStream ? standardInput : path;
  const content = isStream ? parseStream(await readStandardInput()) : parseText(path, await readText(path));
  const isMapped = !isDuckgres(mapping);
  const found = isStream || isMapped ? anyEntriesIn(content) : warehousesIn(content);
  if (found === undefined)
    throw new UsageError(`${place}: expected a list under the key "warehouses", one entry per organisation`);
  if (isMapped) {
    const at = (index: number) => `${found.key}[${index}]`;
    yield* entryRecords(mapping, found.list, { place, at, plural, warn });
    return;
  }
  const unknown = new UnknownColumns();
  for (const [index, entry] of found.list.entries()) {
    const at = `${found.key}[${index}]`;
    if (isRecord(entry)) unknown.add(at, entry);
    yield { at, columns: withState(entry) };
  }
  for (const warning of unknown.warnings()) warn(`${place}: ${warning}`);
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

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
