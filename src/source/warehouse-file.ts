import { anyEntriesIn, parseStream, standardInput, warehousesIn } from '../mapping/entries.ts';
import { entryRecords } from '../mapping/entry-records.ts';
import { withState } from '../mapping/map-entry.ts';
import type { RawRecord } from '../mapping/raw-record.ts';
import { duckgres, isDuckgres, type SourceMapping } from '../mapping/source-mapping.ts';
import { unknownColumns } from '../mapping/unknown-columns.ts';
import { valueForMessage } from '../text/credential-form.ts';
import { UsageError } from '../text/errors.ts';
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
    throw new UsageError(
      `${place}: expected a list under the key "warehouses", one entry per organisation; the file has ` +
        outline(content),
    );
  const at = (index: number) => `${found.key}[${index}]`;
  if (isMapped) yield* entryRecords(mapping, found.list, { place, at, plural, warn });
  else for (const [index, entry] of found.list.entries()) yield { at: at(index), columns: withState(entry) };
  // Kubernetes objects are written by programs, and have fields of all kinds.
  if (plural === undefined)
    for (const warning of unknownColumns(found.list, mapping, at)) warn(`${place}: ${warning}`);
}

/** The shape of a document, for a message. */
function outline(content: unknown): string {
  if (Array.isArray(content)) return 'a list without a key';
  if (typeof content !== 'object' || content === null) return 'no mapping';
  const keys = Object.keys(content);
  if (keys.length === 0) return 'an empty mapping';
  return `the ${keys.length === 1 ? 'key' : 'keys'} ${keys.slice(0, 5).map(valueForMessage).join(', ')}`;
}
