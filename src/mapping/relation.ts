import { nameForMessage } from '../text/printable.ts';

/** A table or view by its names as Postgres's catalog has them, unquoted. */
export interface TableName {
  readonly schema: string;
  readonly table: string;
}

/** The relation of the built-in mapping. */
const duckgresTable: TableName = { schema: 'public', table: 'duckgres_managed_warehouses' };

/**
 * The relation with the rows.
 *
 * @param relation `table` or `schema.table`, from the settings.
 * @param named what was named apart from the settings, and comes first.
 */
export function relationOf(
  relation: string | undefined,
  named: { readonly schema?: string | undefined; readonly table?: string | undefined } = {},
): TableName {
  const [table, schema] = relation?.split('.').reverse() ?? [];
  return {
    schema: named.schema ?? schema ?? duckgresTable.schema,
    table: named.table ?? table ?? duckgresTable.table,
  };
}

export function shownTable({ schema, table }: TableName): string {
  return `${nameForMessage(schema)}.${nameForMessage(table)}`;
}
