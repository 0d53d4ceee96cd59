import { isMapping } from '../text/is-mapping.ts';
import { mapping } from './objects.ts';

/** Path of keys to a field. A list is one field, because its elements have no keys. */
export type FieldPath = readonly string[];

/** The innermost fields in which two objects differ. */
export function differingFields(before: unknown, after: unknown, path: FieldPath = []): FieldPath[] {
  if (isMapping(before) && isMapping(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys]
      .sort()
      .flatMap((key) => differingFields(own(before, key), own(after, key), [...path, key]));
  }
  // A mapping that only one side has: report its fields.
  if (isMapping(before) && after === undefined && Object.keys(before).length > 0)
    return differingFields(before, {}, path);
  if (isMapping(after) && before === undefined && Object.keys(after).length > 0)
    return differingFields({}, after, path);
  return isSame(before, after) ? [] : [path];
}

/** Whether two values are equal, in any order of their keys. */
export function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  return canonical(a) === canonical(b);
}

/** A value as JSON with sorted keys: the same text for equal values. */
export function canonical(value: unknown): string {
  const sorted = JSON.stringify(value, (_, inner: unknown) =>
    isMapping(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
  return sorted ?? 'undefined';
}

function own(value: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(value, key) ? mapping(value)[key] : undefined;
}
