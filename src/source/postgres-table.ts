import { distance } from 'fastest-levenshtein';
import pg from 'pg';
import { UsageError } from '../text/errors.ts';
import { nameForMessage } from '../text/printable.ts';
import { type WarehouseColumn, warehouseColumns } from './raw-record.ts';

/** A table or view by its names as the catalog has them, unquoted. */
export interface TableName {
  readonly schema: string;
  readonly table: string;
}

/** Sends a statement and waits for its rows, with a time limit. */
export type Query = <R extends pg.QueryResultRow>(text: string, values?: readonly unknown[]) => Promise<R[]>;

/** The SQL types that duckgres gives its columns (docs/facts/duckgres-warehouse-row.md §1.1), for messages only. */
const columnTypes: Readonly<Record<WarehouseColumn, string>> = {
  org_id: 'varchar(255)',
  state: 'varchar(32)',
  iceberg_enabled: 'boolean',
  iceberg_backend: 'varchar(32)',
  iceberg_state: 'varchar(32)',
  iceberg_region: 'varchar(64)',
  iceberg_lakekeeper_endpoint: 'varchar(512)',
  iceberg_lakekeeper_warehouse: 'varchar(128)',
  iceberg_lakekeeper_client_id: 'varchar(128)',
  iceberg_lakekeeper_o_auth2_server_uri: 'varchar(512)',
  metadata_store_kind: 'varchar(64)',
  metadata_store_endpoint: 'varchar(512)',
  metadata_store_port: 'bigint',
  metadata_store_database_name: 'varchar(255)',
  metadata_store_username: 'varchar(255)',
  data_store_kind: 'varchar(32)',
  data_store_bucket_name: 'varchar(255)',
  data_store_region: 'varchar(64)',
  duckling_name: 'varchar(255)',
};

/** `"schema"."table"`, to be put into SQL. */
export function quoted({ schema, table }: TableName): string {
  return `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(table)}`;
}

/**
 * Looks the table up in the catalog, which everyone may read, whatever kind of relation with rows it is.
 *
 * @param place the database, for messages.
 * @throws UsageError that names the table and what resembles it, or every column that it lacks.
 */
export async function expectTable(query: Query, name: TableName, place: string): Promise<void> {
  const columns = await columnsOf(query, name);
  if (columns === undefined) {
    const others = await resembling(query, name);
    throw new UsageError(
      `there is no table ${shown(name)} in ${place}: expected a table or view with the columns ` +
        described(warehouseColumns) +
        (others.length > 0 ? `; did you mean ${others.map(shown).join(', or ')}?` : ''),
    );
  }
  const missing = warehouseColumns.filter((column) => !columns.includes(column));
  if (missing.length === 0) return;
  const hint = missing.some((column) => column.startsWith('iceberg_'))
    ? ' (duckgres dropped its iceberg_* columns in migration 000014)'
    : '';
  throw new UsageError(`table ${shown(name)} in ${place} lacks the columns ${described(missing)}${hint}`);
}

/**
 * The error for a user without the right to read the table, with the statements that grant it.
 *
 * @param cause the server's refusal (SQLSTATE 42501).
 */
export function noPermission(name: TableName, user: string, place: string, cause: unknown): UsageError {
  const role = pg.escapeIdentifier(user);
  return new UsageError(
    `no permission to read table ${shown(name)} in ${place}: as its owner, run ` +
      `GRANT USAGE ON SCHEMA ${pg.escapeIdentifier(name.schema)} TO ${role}; ` +
      `GRANT SELECT ON ${quoted(name)} TO ${role};`,
    { cause },
  );
}

// Tables, partitioned tables, views, materialized views, foreign tables.
const holdsRows = `relkind IN ('r', 'p', 'v', 'm', 'f')`;

async function columnsOf(query: Query, { schema, table }: TableName): Promise<string[] | undefined> {
  // By name and not by to_regclass, which fails without the right to use the schema.
  const rows = await query<{ columns: string[] }>(
    `SELECT ARRAY(SELECT attname::text FROM pg_catalog.pg_attribute
                  WHERE attrelid = c.oid AND attnum > 0) AS columns
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relname = $2 AND ${holdsRows}`,
    [schema, table],
  );
  return rows[0]?.columns;
}

/** At most five tables of any schema whose name is nearly the same, the nearest first. */
async function resembling(query: Query, wanted: TableName): Promise<TableName[]> {
  const rows = await query<TableName>(
    `SELECT n.nspname AS schema, c.relname AS table
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE ${holdsRows} AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
     ORDER BY 1, 2 LIMIT 10000`,
  );
  const distanceTo = (name: TableName): number =>
    distance(name.table.toLowerCase(), wanted.table.toLowerCase()) +
    (name.schema === wanted.schema ? 0 : 0.5);
  return rows
    .filter((name) => distanceTo(name) <= Math.max(2, wanted.table.length / 4))
    .sort((a, b) => distanceTo(a) - distanceTo(b))
    .slice(0, 5);
}

function described(columns: readonly WarehouseColumn[]): string {
  return columns.map((column) => `${column} ${columnTypes[column]}`).join(', ');
}

function shown({ schema, table }: TableName): string {
  return `${nameForMessage(schema)}.${nameForMessage(table)}`;
}
