import { writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { warehouseColumns } from '../src/mapping/raw-record.ts';
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
  const [first] = fleet;
  const columns = Object.keys(first ?? {});
  const others = warehouseColumns.filter((column) => !columns.includes(column));
  const type = (column: string) =>
    column === 'iceberg_enabled' ? 'boolean' : column === 'metadata_store_port' ? 'bigint' : 'varchar(512)';
  const definitions = [...columns, ...others].map((column) => `${column} ${type(column)}`);
  // Nothing here needs quoting: it is made by `row`.
  const values = fleet.map(
    (one) =>
      `(${Object.values(one)
        .map((value) => `'${value}'`)
        .join()})`,
  );
  return `CREATE TABLE ${table} (${definitions.join()});
    INSERT INTO ${table} (${columns.join()}) VALUES ${values.join()};
    ANALYZE ${table}`;
}
