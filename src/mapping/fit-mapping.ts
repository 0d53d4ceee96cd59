import { UsageError } from '../text/errors.ts';
import { nameForMessage } from '../text/printable.ts';
import type { Problem } from '../text/problem.ts';
import { describedColumns, type FieldName, fieldOf, fields, requiredFields } from './fields.ts';
import { nearestColumn, nearestName } from './nearest-column.ts';
import type { WarehouseColumn } from './raw-record.ts';
import type { SourceMapping } from './source-mapping.ts';

/** Columns that duckgres dropped in its migration 14 (docs/facts/duckgres-warehouse-row.md §10). */
const isDropped = (column: WarehouseColumn) => column.startsWith('iceberg_');

/** The columns of a mapping that the table of duckgres may lack. */
export function droppableColumns({ inherited }: SourceMapping): WarehouseColumn[] {
  return [...inherited].filter((column) => isDropped(column) && column !== 'iceberg_enabled');
}

/**
 * The mapping as far as a table has its columns: those that duckgres dropped may be missing, all of them; their
 * fields are unset then.
 *
 * @param columns of the table.
 * @param place the table, for messages: `table public.tenants in database …`.
 * @throws UsageError with every field that lacks its column, or has none and needs one.
 */
export function fitMapping(mapping: SourceMapping, columns: readonly string[], place: string): SourceMapping {
  const absent = [...mapping.inherited].filter((column) => !columns.includes(column));
  const optional = droppableColumns(mapping);
  const areDropped = optional.every((column) => absent.includes(column));
  const missing = absent.filter((column) => !(areDropped && optional.includes(column)));
  const problems = mappingProblems(mapping, columns);
  if (problems.length > 0) throw misfit([...problems, ...missing.map(notInherited)], columns, place);
  if (missing.length > 0)
    throw new UsageError(`${place} lacks the columns ${describedColumns(absent)}${hint(missing)}`);
  if (absent.length === 0) return mapping;
  const kept = [...mapping.sources].filter(([column]) => !absent.includes(column));
  return { ...mapping, sources: new Map(kept) };
}

/**
 * The same for the entries of a file, which may lack what is empty.
 *
 * @param paths keys and paths that at least one entry has.
 * @param warn called with a message for each mapped field that no entry has.
 * @throws UsageError when that is so of a field that is required.
 */
export function fitEntries(
  mapping: SourceMapping,
  paths: readonly string[],
  place: string,
  warn: (message: string) => void,
): void {
  const problems = mappingProblems(mapping, paths);
  if (problems.some(({ isRequired }) => isRequired)) throw misfit(problems, paths, place);
  for (const { at, message } of problems) warn(`${place}: ${at}: ${message}`);
}

interface MappingProblem extends Problem {
  readonly isRequired: boolean;
}

/** What the settings say themselves and a source does not have, or should say. */
function mappingProblems(
  { sources, inherited }: SourceMapping,
  columns: readonly string[],
): MappingProblem[] {
  const existing = new Set(columns);
  const unmapped = requiredFields
    .filter((field) => !sources.has(fields[field].column))
    .map((field) => ({ ...isMissing(field, columns), isRequired: true }));
  const wrong = [...sources].flatMap(([column, source]) => {
    if ('constant' in source || existing.has(source.column) || inherited.has(column)) return [];
    const field = fieldOf(column);
    return [{ ...noSuchColumn(field, source.column, columns), isRequired: requiredFields.includes(field) }];
  });
  return [...unmapped, ...wrong];
}

function isMissing(field: FieldName, columns: readonly string[]): Problem {
  const constant = field === 'icebergEnabled' ? ', or { constant: true } for every org' : '';
  return {
    at: `source.mapping.${field}`,
    message:
      `is missing; expected the column with ${fields[field].what}${constant}` +
      suggestion(nearestColumn(field, columns)),
  };
}

function noSuchColumn(field: FieldName, name: string, columns: readonly string[]): Problem {
  return {
    at: `source.mapping.${field}`,
    message:
      `there is no column ${nameForMessage(name)}` +
      suggestion(nearestName(name, columns) ?? nearestColumn(field, columns)),
  };
}

function notInherited(column: WarehouseColumn): Problem {
  return {
    at: `source.mapping.${fieldOf(column)}`,
    message: `there is no column ${column}, which duckgres has`,
  };
}

function suggestion(nearest: string | undefined): string {
  return nearest === undefined ? '' : `; did you mean ${nameForMessage(nearest)}?`;
}

const longestList = 60;

function misfit(problems: readonly Problem[], columns: readonly string[], place: string): UsageError {
  const shown = columns.slice(0, longestList).map(nameForMessage).join(', ');
  const more = columns.length > longestList ? `, and ${columns.length - longestList} more` : '';
  const lines = problems.map(({ at, message }) => `  ${at}: ${message}`);
  return new UsageError(
    `source.mapping does not fit ${place}, which has ` +
      `${columns.length === 0 ? 'no columns' : `the columns ${shown}${more}`}:\n${lines.join('\n')}`,
  );
}

function hint(missing: readonly WarehouseColumn[]): string {
  if (!missing.some(isDropped)) return '';
  return (
    ' (duckgres dropped its iceberg_* columns in migration 000014; with source: { mapping: { extends: ' +
    'duckgres, icebergEnabled: { constant: true } } } in the settings, every org of the table wants a catalog)'
  );
}
