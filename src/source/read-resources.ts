import { kindName, listResources } from '../clients/kubernetes/list-resources.ts';
import { entryRecords } from '../mapping/entry-records.ts';
import type { RawRecord } from '../mapping/raw-record.ts';
import type { ListedKind } from '../mapping/resource-record.ts';
import type { SourceMapping } from '../mapping/source-mapping.ts';

/** Reads the Kubernetes objects that are the orgs. @throws UsageError as `listResources` and `entryRecords`. */
export async function* readResources(
  listed: ListedKind,
  mapping: SourceMapping,
  warn: (message: string) => void,
): AsyncGenerator<RawRecord> {
  const place = kindName(listed);
  const { plural } = listed;
  const at = (index: number) => `${plural}[${index}]`;
  yield* entryRecords(mapping, await listResources(listed), { place, at, plural, warn });
}
