import { nameForMessage } from '../text/printable.ts';
import { ducklingPaths } from './duckling-paths.ts';
import { type FieldName, fieldNames, fields, requiredFields } from './fields.ts';
import { type RawRecord, type WarehouseColumn, warehouseColumns } from './raw-record.ts';

/** Where the value of a field comes from: a column of the source, or the settings. */
type FieldSource = { readonly column: string } | { readonly constant: string | number | boolean };

/** Of the table of duckgres, and of its Duckling resources. */
export type BuiltInMapping = 'duckgres' | 'duckling';

/** A mapping as the settings have it: a built-in one by its name, or the column or constant of each field. */
export type MappingSettings =
  | BuiltInMapping
  | ({ readonly extends?: BuiltInMapping | undefined } & {
      readonly [F in FieldName]?: string | { readonly constant: string | number | boolean } | undefined;
    });

export interface SourceMapping {
  /** By the column of the built-in mapping, in the order of `warehouseColumns`; a field without one is unset. */
  readonly sources: ReadonlyMap<WarehouseColumn, FieldSource>;
  /** Fields that the settings do not have themselves, from a built-in mapping: a source may lack their columns. */
  readonly inherited: ReadonlySet<WarehouseColumn>;
  /** As of `RawRecord`; undefined when every field has the column of the built-in mapping. */
  readonly names: RawRecord['names'];
}

/** The mapping that settings ask for. Whether a source has its columns is for `fitMapping`. */
export function sourceMapping(settings: MappingSettings = 'duckgres'): SourceMapping {
  const own = typeof settings === 'string' ? { extends: settings } : settings;
  const sources = new Map<WarehouseColumn, FieldSource>();
  const inherited = new Set<WarehouseColumn>();
  for (const field of fieldNames) {
    const { column } = fields[field];
    const source = (own as Exclude<MappingSettings, string>)[field];
    const builtIn =
      own.extends === 'duckgres' ? column : own.extends === 'duckling' ? ducklingPaths[field] : undefined;
    if (source !== undefined) sources.set(column, typeof source === 'string' ? { column: source } : source);
    else if (builtIn !== undefined) {
      sources.set(column, { column: builtIn });
      // Without them no resource is a record; a table that lacks one has an error of its own.
      if (own.extends === 'duckgres' || !requiredFields.includes(field)) inherited.add(column);
    }
    // As in a file: an org that is listed without a state is ready.
    else if (field === 'state') sources.set(column, { constant: 'ready' });
  }
  return { sources, inherited, names: namesOf(sources) };
}

/** The table of duckgres, and files with its column names. */
export const duckgres = sourceMapping();

/** The Duckling resources of duckgres. */
export const duckling = sourceMapping('duckling');

/** Whether a mapping is the built-in one, so that nothing is to be renamed. */
export function isDuckgres({ inherited }: SourceMapping): boolean {
  return inherited.size === warehouseColumns.length;
}

function namesOf(sources: SourceMapping['sources']): RawRecord['names'] {
  const renamed = [...sources].flatMap(([column, source]) =>
    'column' in source && source.column !== column ? [[column, nameForMessage(source.column)]] : [],
  );
  return renamed.length === 0 ? undefined : Object.fromEntries(renamed);
}
