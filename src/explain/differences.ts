import { mapping } from './objects.ts';

/** A field that differs: the names on the way to it. A list is one field, as its elements have no names. */
export type FieldPath = readonly string[];

/** The fields in which two objects differ, the innermost that have names. */
export function differingFields(before: unknown, after: unknown, path: FieldPath = []): FieldPath[] {
  if (isMapping(before) && isMapping(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys]
      .sort()
      .flatMap((key) => differingFields(own(before, key), own(after, key), [...path, key]));
  }
  // An object that comes or goes as a whole has fields too.
  if (isMapping(before) && after === undefined && Object.keys(before).length > 0)
    return differingFields(before, {}, path);
  if (isMapping(after) && before === undefined && Object.keys(after).length > 0)
    return differingFields({}, after, path);
  return isSame(before, after) ? [] : [path];
}

/** Whether two values say the same, whatever the order of their keys. */
export function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  return canonical(a) === canonical(b);
}

/** A value as a text that is the same for equal values: JSON with sorted keys. */
export function canonical(value: unknown): string {
  const sorted = JSON.stringify(value, (_, inner: unknown) =>
    isMapping(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
  return sorted ?? 'undefined';
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function own(value: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(value, key) ? mapping(value)[key] : undefined;
}
