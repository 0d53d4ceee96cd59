import { isMapping } from '../text/is-mapping.ts';
import type { SourceMapping } from './source-mapping.ts';

/** An entry of a file, with the names of the built-in mapping. What is no mapping stays, to be refused by name. */
export function mapEntry({ sources }: SourceMapping, entry: unknown): unknown {
  if (!isMapping(entry)) return entry;
  const columns: Record<string, unknown> = {};
  for (const [column, source] of sources)
    columns[column] = 'constant' in source ? source.constant : valueAt(entry, source.column);
  return columns;
}

/**
 * The value at a key, or else at a path whose parts are separated by dots: `status.dataStore.bucketName`,
 * `metadata.annotations.example.org/bucket`.
 */
export function valueAt(entry: Readonly<Record<string, unknown>>, path: string): unknown {
  if (Object.hasOwn(entry, path)) return entry[path];
  const dot = path.indexOf('.');
  const key = path.slice(0, dot);
  if (dot === -1 || !Object.hasOwn(entry, key)) return undefined;
  const value = entry[key];
  return isMapping(value) ? valueAt(value, path.slice(dot + 1)) : undefined;
}

/** The columns of an entry. An org that is listed without a state is ready. */
export function withState(columns: unknown): unknown {
  return isMapping(columns) && (columns.state === undefined || columns.state === null)
    ? { ...columns, state: 'ready' }
    : columns;
}

/** Keys and paths of values in entries, in the order of their appearance: what a mapping may name. */
export function pathsOf(entries: Iterable<unknown>): string[] {
  const paths = new Set<string>();
  const add = (value: unknown, prefix: string): void => {
    if (!isMapping(value)) return;
    for (const [key, inner] of Object.entries(value)) {
      const path = prefix === '' ? key : `${prefix}.${key}`;
      paths.add(path);
      add(inner, path);
    }
  };
  for (const entry of entries) add(entry, '');
  return [...paths];
}
