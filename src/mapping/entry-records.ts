import { fitEntries } from './fit-mapping.ts';
import { mapEntry, pathsOf, withState } from './map-entry.ts';
import type { RawRecord } from './raw-record.ts';
import { resourceRecord } from './resource-record.ts';
import type { SourceMapping } from './source-mapping.ts';

/** Where entries come from, and what they are. */
export interface EntrySource {
  /** For messages: a file, `standard input`, or a resource in a cluster. */
  readonly place: string;
  /** Address of an entry, by its index: `warehouses[3]`. */
  readonly at: (index: number) => string;
  /** The plural of the resource, where the entries are Kubernetes objects. */
  readonly plural: string | undefined;
  /** Called with a message for each mapped field that no entry has. */
  readonly warn: (message: string) => void;
}

/**
 * Entries of a file, a stream or an API as records, by a mapping.
 *
 * @throws UsageError when no entry has a field that is required.
 */
export function* entryRecords(
  mapping: SourceMapping,
  entries: readonly unknown[],
  { place, at: addressOf, plural, warn }: EntrySource,
): Generator<RawRecord> {
  if (entries.length > 0) fitEntries(mapping, pathsOf(entries), place, warn);
  for (const [index, entry] of entries.entries()) {
    const at = addressOf(index);
    yield plural === undefined
      ? { at, columns: withState(mapEntry(mapping, entry)), names: mapping.names }
      : resourceRecord(mapping, { plural, at }, entry);
  }
}
