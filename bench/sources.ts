import { writeFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { warehouseColumns } from '../src/mapping/raw-record.ts';
import { recordTable } from '../src/mapping/record-table.ts';
import { definition } from '../src/registration/row/grants.ts';
import { type Row, table } from './fleet.ts';

/** Fleets as sources that synth reads. */

/** @param path ends with `.json` or `.yaml`. @returns the path. */
export function writeFleet(path: string, fleet: readonly Row[]): string {
  const content = { warehouses: fleet };
  writeFileSync(path, path.endsWith('.json') ? JSON.stringify(content) : stringify(content));
  return path;
}

/** The fleet as a table of strings, as duckgres has it. */
export function fleetAsSql(fleet: readonly Row[]): string {
  const columns = Object.keys(fleet[0] ?? {});
  const others = warehouseColumns.filter((column) => !columns.includes(column));
  const type = (column: string) =>
    column === 'iceberg_enabled' ? 'boolean' : column === 'metadata_store_port' ? 'bigint' : 'varchar(512)';
  const definitions = [...columns, ...others].map((column) => `${column} ${type(column)}`);
  return `CREATE TABLE ${table} (${definitions.join()}); ${insertion(table, columns, fleet.map(Object.values))}`;
}

/** The same fleet as the table of another control plane, with a table for registrations. */
export function tenantsAsSql(fleet: readonly Row[]): string {
  const columns = ['id', 'plan', 'postgres', 'host', 'storage', 'bucket', 'resource'];
  const values = fleet.map((one) => [
    one.org_id,
    'paid',
    one.metadata_store_kind,
    one.metadata_store_endpoint,
    one.data_store_kind,
    one.data_store_bucket_name,
    one.duckling_name,
  ]);
  return `CREATE TABLE tenants (${columns.map((column) => `${column} text`).join()});
    ${insertion('tenants', columns, values)}
    ${definition(recordTable({ schema: 'public', table: 'lakekeeper_catalogs', isOwn: true }))}`;
}

/** The settings for this table: as others, but that registrations are recorded in a table of their own. */
export function tenantsSettings(settings: string): string {
  const { registration, ...others } = parse(settings);
  const { url } = registration.record.warehouseDatabase;
  return stringify({ ...others, source, registration: { ...registration, record: { table: { url } } } });
}

const source = {
  relation: 'public.tenants',
  mapping: {
    org: 'id',
    icebergEnabled: { constant: true },
    metadataStoreKind: 'postgres',
    metadataStoreHost: 'host',
    metadataStorePort: { constant: 5432 },
    dataStoreKind: 'storage',
    dataStoreBucket: 'bucket',
    dataStoreRegion: { constant: 'eu-central-1' },
    ducklingName: 'resource',
  },
};

/** Nothing in `values` needs quoting: it is made by `row`. */
function insertion(name: string, columns: readonly string[], values: readonly unknown[][]): string {
  const rows = values.map((row) => `(${row.map((value) => `'${value}'`).join()})`);
  return `INSERT INTO ${name} (${columns.join()}) VALUES ${rows.join()}; ANALYZE ${name};`;
}
