import { printable } from '../text/printable.ts';
import { type FieldName, fieldNames, fields } from './fields.ts';
import { nearestColumn } from './nearest-column.ts';
import type { WarehouseColumn } from './raw-record.ts';
import { recordedColumns } from './record-table.ts';
import { shownTable, type TableName } from './relation.ts';

/** The lines of fields that no column of the relation resembles. */
const otherwise: Partial<Record<FieldName, string>> = {
  org: 'id # CHANGE: the column with the id of the organisation',
  icebergEnabled: '{ constant: true } # CHANGE: or the boolean column that says which orgs want a catalog',
  metadataStoreKind: '{ constant: external } # CHANGE: or the column with a key of metadataStores',
};

/** Some fields are left out: a guess would often be wrong, and they are seldom needed. */
const isAsked = (field: FieldName) => {
  const { column } = fields[field];
  const notAsked: readonly WarehouseColumn[] = ['iceberg_backend', 'iceberg_region', ...recordedColumns];
  return !notAsked.includes(column);
};

/**
 * Settings of a source for a relation, as YAML, with CHANGE at each guess.
 *
 * @param columns of the relation.
 */
export function guessedSource(relation: TableName, columns: readonly string[]): string {
  const left = new Set(columns);
  const lines = fieldNames.filter(isAsked).flatMap((field) => {
    const { column, what } = fields[field];
    const nearest = nearestColumn(field, [...left]);
    if (nearest === undefined) return otherwise[field] === undefined ? [] : [`${field}: ${otherwise[field]}`];
    left.delete(nearest);
    const isCertain = nearest === column;
    return [`${field}: ${scalar(nearest)}${isCertain ? '' : ` # CHANGE: ${what}`}`];
  });
  return [
    `# Columns of ${shownTable(relation)}: docs/control-planes.md.`,
    'source:',
    `  relation: ${scalar(`${relation.schema}.${relation.table}`)}`,
    '  mapping:',
    ...lines.map((line) => `    ${line}`),
    '',
  ].join('\n');
}

/** A name in YAML, plain where no reader of YAML takes it for something else. */
function scalar(text: string): string {
  const isPlain = /^[a-z_][a-z0-9_.]+$/.test(text) && !/^(yes|no|on|off|true|false|null)$/.test(text);
  return isPlain ? text : printable(JSON.stringify(text));
}
