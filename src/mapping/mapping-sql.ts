import pg from 'pg';
import { type WarehouseColumn, warehouseColumns } from './raw-record.ts';
import type { TableName } from './relation.ts';
import type { SourceMapping } from './source-mapping.ts';

/** A mapping as SQL: the rows come with the names of the built-in mapping, and nothing is renamed row by row. */

/** A name as an identifier, to be put into SQL. */
export function quotedName(name: string): string {
  return pg.escapeIdentifier(name);
}

/** `"schema"."table"`, to be put into SQL. */
export function quoted({ schema, table }: TableName): string {
  return `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(table)}`;
}

/**
 * The value of a field.
 *
 * @param column its name in the built-in mapping.
 * @returns an expression over a row of the relation: `boolean` for `iceberg_enabled` as far as its column is, else
 * `text`; `NULL` for a field that is unset.
 */
export function fieldExpression({ sources }: SourceMapping, column: WarehouseColumn): string {
  const source = sources.get(column);
  if (source === undefined) return 'NULL::text';
  if ('constant' in source)
    return typeof source.constant === 'boolean'
      ? String(source.constant)
      : `${pg.escapeLiteral(String(source.constant))}::text`;
  const identifier = pg.escapeIdentifier(source.column);
  // As text, so that a view may have any type and no number is rounded.
  return column === 'iceberg_enabled' ? identifier : `${identifier}::text`;
}

/** The fields that are mapped, for a SELECT. */
export function selectList(mapping: SourceMapping): string {
  return warehouseColumns
    .filter((column) => mapping.sources.has(column))
    .map((column) => {
      const expression = fieldExpression(mapping, column);
      const name = pg.escapeIdentifier(column);
      return expression === name ? name : `${expression} AS ${name}`;
    })
    .join(', ');
}

/** The column with the org's id, as an identifier. @throws Error for a mapping that `fitMapping` has refused. */
export function orgIdentifier({ sources }: SourceMapping): string {
  const source = sources.get('org_id');
  if (source === undefined || 'constant' in source) throw new Error('the mapping has no column for the org');
  return pg.escapeIdentifier(source.column);
}

/** That a row still wants a catalog, as `reasonToStop` decides it. */
export function openCondition(mapping: SourceMapping): string {
  const text = (column: WarehouseColumn) => `coalesce(${fieldExpression(mapping, column)}, '')`;
  return (
    `${fieldExpression(mapping, 'iceberg_enabled')} AND ${text('iceberg_backend')} IN ('', 'lakekeeper') AND ` +
    `${text('state')} NOT IN ('deleting', 'deleted')`
  );
}
