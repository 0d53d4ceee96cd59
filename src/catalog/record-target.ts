import { type RecordTable, recordTable, type TableTarget } from '../mapping/record-table.ts';
import type { RecordPlace, ResourceTarget } from '../mapping/recorded-resource.ts';
import { relationOf } from '../mapping/relation.ts';
import { isDuckgres, sourceMapping } from '../mapping/source-mapping.ts';
import { perPlatform } from '../platform/per-platform.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { sourceResource } from '../platform/source-settings.ts';
import { UsageError } from '../text/errors.ts';
import type { RecordTarget } from './catalog.ts';
import { type Derivation, secretKey } from './derivation.ts';
import { recordName } from './names.ts';

type RecordColumns = NonNullable<TableTarget['columns']>;

/** Where the registration of an org is recorded. */
export function deriveRecordTarget(derivation: Derivation): RecordTarget {
  const { platform, values } = derivation;
  const { record } = platform.registration;
  if ('configMap' in record)
    return { configMap: { namespace: values.namespace, name: recordName(values.name) } };
  if ('resource' in record) return { resource: resourceTarget(derivation, record.resource) };
  const setting = 'table' in record ? 'table' : 'warehouseDatabase';
  const { url } = 'table' in record ? record.table : record.warehouseDatabase;
  return {
    warehouseDatabase: {
      url: secretKey(derivation, url, `registration.record.${setting}.url`),
      ...recordTableOf(platform),
    },
  };
}

/** The org's own resource. That it is in no namespace, or the record in no resource, is a problem. */
function resourceTarget({ record, platform, problems }: Derivation, place: RecordPlace): ResourceTarget {
  const { group = '', version = '', plural = '' } = sourceResource(platform.source) ?? {};
  const { namespace = '', name = '' } = record.resource ?? {};
  if (name === '' || namespace === '')
    problems.push({
      at: `${record.at}.metadata.${name === '' ? 'name' : 'namespace'}`,
      message:
        'is missing; expected a namespaced resource, into which registration can write the record ' +
        '(registration.record.resource)',
    });
  return { group, version, plural, namespace, name, mapping: platform.source.mapping, place };
}

/**
 * The table of the record in the database of the rows. Undefined when the mapping itself has the recorded columns, or
 * when the record is not in that database.
 */
export function recordBesideRows(
  platform: Pick<Platform, 'registration' | 'source'>,
): RecordTable | undefined {
  const { record } = platform.registration;
  if ('configMap' in record || 'resource' in record) return undefined;
  if ('warehouseDatabase' in record && record.warehouseDatabase.columns === undefined) return undefined;
  const table = recordTable(recordTableOf(platform));
  return table.source && table;
}

/** The table that registration writes, by the settings. @throws UsageError when it writes none. */
export const recordTableOf = perPlatform(tableOf);

function tableOf({
  registration: { record },
  source,
}: Pick<Platform, 'registration' | 'source'>): TableTarget {
  if ('configMap' in record || 'resource' in record)
    throw new UsageError(
      `registrations are recorded in ${'resource' in record ? 'resources' : 'ConfigMaps'} (registration.record): ` +
        'no table is written',
    );
  const { relation, mapping } = source;
  if ('table' in record) {
    const { schema, table, sameDatabase, notify } = record.table;
    const rows = sameDatabase ? { ...relationOf(relation), mapping } : 'elsewhere';
    return { schema, table, isOwn: true, source: rows, ...(notify !== undefined && { notify }) };
  }
  const { schema, table, columns, notify } = record.warehouseDatabase;
  const written = relationOf(relation, { schema, table });
  // Without a relation in the settings, the rows are in the table that is written.
  const rows = relation === undefined ? written : relationOf(relation);
  const isInRow = rows.schema === written.schema && rows.table === written.table;
  return {
    ...written,
    // The type of zod has undefined for fields that are left out.
    ...(columns && { columns: columns as RecordColumns }),
    ...(isInRow && isDuckgres(sourceMapping(mapping)) ? {} : { source: { ...rows, mapping } }),
    ...(notify !== undefined && { notify }),
  };
}
