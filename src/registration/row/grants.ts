import { droppableColumns } from '../../mapping/fit-mapping.ts';
import { quoted, quotedName } from '../../mapping/mapping-sql.ts';
import { warehouseColumns } from '../../mapping/raw-record.ts';
import {
  type RecordColumn,
  recordColumns,
  recordFieldNames,
  recordFields,
} from '../../mapping/record-columns.ts';
import { isInRow, type RecordTable } from '../../mapping/record-table.ts';
import type { SourceMapping } from '../../mapping/source-mapping.ts';

/** The least rights that registration needs, as SQL. @param role name of the database role, unquoted. */
export function grants(table: RecordTable, role: string): string {
  const { name, source } = table;
  const to = `TO ${quotedName(role)};`;
  const schemas = [...new Set([name.schema, ...(source ? [source.name.schema] : [])])];
  const written = writtenColumns(table);
  const read = written.filter((column) => column !== table.columns.get('updated_at'));
  const { certain: rows, droppable } = columnsOf(source?.mapping);
  const select = (columns: readonly string[], on = name) =>
    `GRANT SELECT (${list(columns)}) ON ${quoted(on)} ${to}`;
  return [
    ...(table.isOwn ? [definition(table)] : []),
    ...schemas.map((schema) => `GRANT USAGE ON SCHEMA ${quotedName(schema)} ${to}`),
    ...(source === undefined || isInRow(table) ? [] : [select(rows, source.name)]),
    select(isInRow(table) ? [...rows, ...read] : [table.key, ...read]),
    ...(table.isOwn ? [`GRANT INSERT (${list([table.key, ...read])}) ON ${quoted(name)} ${to}`] : []),
    `GRANT UPDATE (${list(written)}) ON ${quoted(name)} ${to}`,
    ...(source === undefined || droppable.length === 0
      ? []
      : [`-- While duckgres has not dropped them: ${select(droppable, source.name)}`]),
  ].join('\n');
}

/** A table of ours, keyed by org. It holds references to Secrets, never their values. */
export function definition({ name, key, columns }: RecordTable): string {
  const time = columns.get('updated_at');
  const values = [...columns.values()].filter((column) => column !== time);
  return `CREATE TABLE IF NOT EXISTS ${quoted(name)} (
  ${quotedName(key)} text PRIMARY KEY,
${values.map((column) => `  ${quotedName(column)} text,\n`).join('')}  created_at timestamptz NOT NULL DEFAULT now(),
  ${quotedName(time ?? 'updated_at')} timestamptz NOT NULL DEFAULT now()
);`;
}

function writtenColumns({ columns }: RecordTable): string[] {
  const order: RecordColumn[] = [...recordColumns, 'status_message', 'updated_at'];
  return order.flatMap((column) => columns.get(column) ?? []);
}

interface ReadColumns {
  readonly certain: readonly string[];
  /** A table of duckgres may lack them, as the settings say what they would say. */
  readonly droppable: readonly string[];
}

function columnsOf(mapping: SourceMapping | undefined): ReadColumns {
  if (mapping === undefined) return { certain: [], droppable: [] };
  const droppable = mapping.inherited.has('iceberg_enabled') ? [] : droppableColumns(mapping);
  const certain = [...mapping.sources].flatMap(([column, source]) =>
    'column' in source && !droppable.includes(column) ? [source.column] : [],
  );
  return { certain, droppable };
}

const duckgresNames = new Set<string>([
  ...warehouseColumns,
  ...recordFieldNames.map((field) => recordFields[field]),
]);

function list(columns: readonly string[]): string {
  return [...new Set(columns)].map((name) => (duckgresNames.has(name) ? name : quotedName(name))).join(', ');
}
