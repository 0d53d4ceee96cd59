import type { RawRecord } from './mapping/raw-record.ts';
import type { SourceMapping } from './mapping/source-mapping.ts';
import type { Platform } from './platform/platform-settings.ts';
import { UsageError } from './text/errors.ts';

/**
 * Opens the source of a fleet, as the settings describe it. Modules are loaded when they are needed, so that `--help`
 * and errors in the inputs are fast.
 */

/** What is named beside the settings. */
export interface NamedSource {
  /** As of `openSource`. */
  readonly warehouses?: string | undefined;
  readonly schema?: string | undefined;
  readonly table?: string | undefined;
  /** Where to read what is recorded, if the source does not have it: as of `readRecorded`. */
  readonly records?: string | undefined;
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}

/** A row of a source that is data: its columns, or whatever the mapping has paths into. */
export type SourceRow = Readonly<Record<string, unknown>>;

/**
 * @param platform undefined for a source with the columns of duckgres.
 * @throws as `openSource`.
 */
export async function openRecords(
  { warehouses, schema, table, ...recorded }: NamedSource,
  platform: Platform | undefined,
  env: NodeJS.ProcessEnv,
  warn?: (message: string) => void,
): Promise<AsyncIterable<RawRecord>> {
  const [{ openSource }, { relationOf }, { recordBesideRows }, { sourceResource }] = await Promise.all([
    import('./source/open.ts'),
    import('./mapping/relation.ts'),
    import('./catalog/record-target.ts'),
    import('./platform/source-settings.ts'),
  ]);
  const described = {
    mapping: await mappingOf(platform),
    resource: platform && sourceResource(platform.source),
    record: platform && recordBesideRows(platform),
    ...relationOf(platform?.source.relation, { schema, table }),
  };
  const records = recorded.records || env.LAKEKEEPER_GITOPS_RECORDS;
  const source = await openSource({ warehouses, ...described }, env, warn);
  return records ? recordedBeside(source, platform, { ...recorded, records }) : source;
}

/** The records of a source, with what the settings record in another place. @throws as `readRecorded`. */
export async function recordedBeside(
  source: AsyncIterable<RawRecord> | Iterable<RawRecord>,
  platform: Platform | undefined,
  {
    records,
    kubeconfig,
    context,
  }: { readonly records: string } & Pick<NamedSource, 'kubeconfig' | 'context'>,
): Promise<AsyncIterable<RawRecord>> {
  if (platform === undefined)
    throw new UsageError('--records: give the settings too (--platform), which say where orgs are recorded');
  const [{ readRecorded }, { withRecords }] = await Promise.all([
    import('./recorded/read-recorded.ts'),
    import('./mapping/with-records.ts'),
  ]);
  return withRecords(source, await readRecorded(records, platform, { kubeconfig, context }));
}

/**
 * Rows that are data, through the mapping of the settings.
 *
 * @param at address of a row, by its index.
 * @param warn is given what is odd about the rows, though they can be read; one line each.
 * @throws UsageError when no row has a field that is required.
 */
export async function* recordsOfRows(
  rows: Iterable<SourceRow> | AsyncIterable<SourceRow>,
  platform: Platform,
  {
    at = (index) => `warehouses[${index}]`,
    warn = () => undefined,
  }: { readonly at?: (index: number) => string; readonly warn?: (message: string) => void } = {},
): AsyncGenerator<RawRecord> {
  const [{ entryRecords }, { isDuckgres }, { sourceResource }] = await Promise.all([
    import('./mapping/entry-records.ts'),
    import('./mapping/source-mapping.ts'),
    import('./platform/source-settings.ts'),
  ]);
  const mapping = await mappingOf(platform);
  if (isDuckgres(mapping)) {
    let index = 0;
    for await (const columns of rows) yield { at: at(index++), columns };
    return;
  }
  const entries: SourceRow[] = [];
  for await (const columns of rows) entries.push(columns);
  const plural = sourceResource(platform.source)?.plural;
  yield* entryRecords(mapping, entries, { place: 'warehouses', at, plural, warn });
}

/** The mapping of the settings. Resources have what is recorded in themselves, where registration writes it there. */
async function mappingOf(platform: Platform | undefined): Promise<SourceMapping> {
  const [{ sourceMapping }, { withRecordInResource }] = await Promise.all([
    import('./mapping/source-mapping.ts'),
    import('./mapping/recorded-resource.ts'),
  ]);
  const mapping = sourceMapping(platform?.source.mapping);
  const record = platform?.registration.record;
  return record !== undefined && 'resource' in record
    ? withRecordInResource(mapping, record.resource)
    : mapping;
}
