import { nameForMessage } from '../text/printable.ts';
import { type FieldName, fieldNames, fields } from './fields.ts';
import { type RawRecord, type WarehouseColumn, warehouseColumns } from './raw-record.ts';

/** Where the value of a field comes from: a column of the source, or the settings. */
export type FieldSource = { readonly column: string } | { readonly constant: string | number | boolean };

/** A mapping as the settings have it: a built-in one by its name, or the column or constant of each field. */
export type MappingSettings =
  | 'duckgres'
  | ({ readonly extends?: 'duckgres' | undefined } & {
      readonly [F in FieldName]?: string | { readonly constant: string | number | boolean } | undefined;
    });

export interface SourceMapping {
  /** By the column of the built-in mapping, in the order of `warehouseColumns`; a field without one is unset. */
  readonly sources: ReadonlyMap<WarehouseColumn, FieldSource>;
  /** Fields that the settings do not have themselves: they have the column of the built-in mapping. */
  readonly inherited: ReadonlySet<WarehouseColumn>;
  /** As of `RawRecord`; undefined when every field has the column of the built-in mapping. */
  readonly names: RawRecord['names'];
}

/** The mapping that settings ask for. Whether a source has its columns is for `fitMapping`. */
export function sourceMapping(settings: MappingSettings = 'duckgres'): SourceMapping {
  const own = settings === 'duckgres' ? { extends: settings } : settings;
  const sources = new Map<WarehouseColumn, FieldSource>();
  const inherited = new Set<WarehouseColumn>();
  for (const field of fieldNames) {
    const { column } = fields[field];
    const source = (own as Exclude<MappingSettings, string>)[field];
    if (source !== undefined) sources.set(column, typeof source === 'string' ? { column: source } : source);
    else if (own.extends === 'duckgres') {
      sources.set(column, { column });
      inherited.add(column);
    }
    // As in a file: an org that is listed without a state is ready.
    else if (field === 'state') sources.set(column, { constant: 'ready' });
  }
  return { sources, inherited, names: namesOf(sources) };
}

/** The table of duckgres, and files with its column names. */
export const duckgres = sourceMapping();

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
