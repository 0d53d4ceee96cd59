import type { WarehouseColumn } from './raw-record.ts';
import {
  ownColumns,
  ownKey,
  type RecordColumn,
  type RecordField,
  recordFieldNames,
  recordFields,
} from './record-columns.ts';
import type { TableName } from './relation.ts';
import { duckgres, type MappingSettings, type SourceMapping, sourceMapping } from './source-mapping.ts';

/** A table that registration writes, as its inputs describe it. Left out is what holds for duckgres's table. */
export interface TableTarget extends TableName {
  /** Column of each value; a value without one is not written. `org` is the key. */
  readonly columns?: { readonly [F in RecordField | 'org']?: string } | undefined;
  /** Whether the table is ours: it gets a row for each org, and has the columns of `ownColumns`. */
  readonly isOwn?: true | undefined;
  /** Relation and mapping of the org's row in the same database; `elsewhere` when it is in no table there. */
  readonly source?: (TableName & { readonly mapping: MappingSettings }) | 'elsewhere' | undefined;
  /** Channel of the notifications. */
  readonly notify?: string | undefined;
}

/** The same, resolved. */
export interface RecordTable {
  readonly name: TableName;
  /** Name of the column with the org's id. */
  readonly key: string;
  /** By the column of duckgres's table. */
  readonly columns: ReadonlyMap<RecordColumn, string>;
  readonly isOwn: boolean;
  /** Where the org's row is; undefined when this database does not have it. */
  readonly source: { readonly name: TableName; readonly mapping: SourceMapping } | undefined;
  readonly channel: string | undefined;
}

export function recordTable({ schema, table, columns, isOwn, source, notify }: TableTarget): RecordTable {
  const name = { schema, table };
  const its = isOwn ? ownColumns : (columns ?? recordFields);
  const rows =
    source === undefined
      ? { name, mapping: duckgres }
      : source === 'elsewhere'
        ? undefined
        : { name: { schema: source.schema, table: source.table }, mapping: sourceMapping(source.mapping) };
  return {
    name,
    key: isOwn ? ownKey : (columns?.org ?? orgColumn(rows?.mapping ?? duckgres)),
    columns: new Map(
      recordFieldNames.flatMap((field) => {
        const column = its[field];
        return column === undefined ? [] : [[recordFields[field], column] as const];
      }),
    ),
    isOwn: isOwn ?? false,
    source: rows,
    channel: notify,
  };
}

/** Whether the columns of the record are in the org's row itself. */
export function isInRow({ name, source }: RecordTable): boolean {
  return source !== undefined && source.name.schema === name.schema && source.name.table === name.table;
}

function orgColumn({ sources }: SourceMapping): string {
  const source = sources.get('org_id');
  return source === undefined || 'constant' in source ? 'org_id' : source.column;
}

/** Fields of a row that rendering reads back from the record. */
export const recordedColumns = [
  'iceberg_lakekeeper_endpoint',
  'iceberg_lakekeeper_warehouse',
  'iceberg_lakekeeper_client_id',
  'iceberg_lakekeeper_o_auth2_server_uri',
  // Those of an org that is retired.
  'iceberg_lakekeeper_client_credentials_name',
  'iceberg_state',
] as const satisfies readonly (WarehouseColumn & RecordColumn)[];

/**
 * The mapping with which rows are read when they have columns of the record: fields that the mapping does not have
 * itself come from these.
 *
 * @param prefix of the names of the columns.
 */
export function withRecorded(mapping: SourceMapping, { columns }: RecordTable, prefix = ''): SourceMapping {
  const sources = new Map(mapping.sources);
  const names = { ...mapping.names };
  const inherited = new Set(mapping.inherited);
  for (const column of recordedColumns) {
    const recorded = columns.get(column);
    if (recorded === undefined || (sources.has(column) && !inherited.has(column))) continue;
    sources.set(column, { column: prefix + recorded });
    if (prefix + recorded !== column) names[column] = prefix + recorded;
    // Where duckgres's own columns are meant, they may have been dropped.
    if (prefix + recorded !== column) inherited.delete(column);
  }
  return { sources, inherited, names };
}
