/** What Kubernetes makes of patches, as far as ours go. */

interface Operation {
  readonly op: 'add' | 'replace';
  readonly path: string;
  readonly value: unknown;
}

/** RFC 6902: `add` and `replace`. @throws Error where a place is not there. */
export function applyJsonPatch(object: object, operations: readonly Operation[]): object {
  const result = structuredClone(object) as Record<string, unknown>;
  for (const { op, path, value } of operations) {
    const keys = path.slice(1).split('/');
    const last = keys.pop() ?? '';
    const place = keys.reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], result);
    if (Array.isArray(place) && op === 'add' && last === '-') place.push(value);
    else if (typeof place === 'object' && place !== null && (op === 'add' || last in place))
      (place as Record<string, unknown>)[last] = value;
    else throw new Error(`there is no ${path}`);
  }
  return result;
}

/**
 * Strategic merge: mappings by key, lists of named entries by name. The metadata of the patch says what it is for,
 * and is not merged.
 */
export function mergeStrategically(object: object, patch: object): object {
  return merge(object, { ...patch, metadata: undefined }) as object;
}

function merge(value: unknown, patch: unknown): unknown {
  if (patch === undefined) return value;
  if (Array.isArray(patch) && patch.every((entry) => entry?.name !== undefined)) {
    const list = (value ?? []) as { name: string }[];
    const added = patch.filter(({ name }) => !list.some((entry) => entry.name === name));
    return [
      ...list.map((entry) =>
        merge(
          entry,
          patch.find(({ name }) => name === entry.name),
        ),
      ),
      ...added,
    ];
  }
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const merged = { ...(value as Record<string, unknown>) };
  for (const [key, inner] of Object.entries(patch)) merged[key] = merge(merged[key], inner);
  return merged;
}
