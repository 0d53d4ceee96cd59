import { closest, distance } from 'fastest-levenshtein';
import { type WarehouseColumn, warehouseColumns } from './raw-record.ts';

/**
 * Columns of the table that rendering does not read, but that a dump of it has (docs/facts/duckgres-warehouse-row.md
 * §1.1).
 */
const otherColumns = [
  'status_message',
  'iceberg_namespace',
  'iceberg_lakekeeper_client_credentials_namespace',
  'iceberg_lakekeeper_client_credentials_key',
  'metadata_store_password_aws_secret',
  'pgbouncer_enabled',
  'ducklake_enabled',
  'duck_lake_version',
  'image',
  'metadata_store_state',
  's3_state',
  'identity_state',
  'secrets_state',
];
const knownColumns: readonly string[] = [...warehouseColumns, ...otherColumns];
export const isKnown = new Set(knownColumns);
const isNeeded = new Set<string>(warehouseColumns);

/** The needed column that `key` is a misspelling of, if any. */
export function misspelt(key: string): string | undefined {
  const nearest = closest(key, knownColumns);
  return isNeeded.has(nearest) && distance(key, nearest) <= 2 ? nearest : undefined;
}

/**
 * The needed column that an unknown one may be meant for, although it is not near enough to refuse the record: written
 * in another case, or with a part of the name (`dataStoreBucketName`, `data_store_bucket`). For columns of a file,
 * which a person wrote; a table may have any others.
 */
export function similarColumn(key: string): WarehouseColumn | undefined {
  if (isKnown.has(key)) return undefined;
  const words = wordsOf(key);
  const letters = words.join('');
  const isSimilar = (column: string) => {
    const its = wordsOf(column);
    return (
      distance(letters, its.join('')) <= 2 || (words.length > 1 && words.every((word) => its.includes(word)))
    );
  };
  return warehouseColumns.find(isSimilar);
}

function wordsOf(name: string): string[] {
  const split = name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
  return split.split(/[^a-z0-9]+/).filter((word) => word !== '');
}
