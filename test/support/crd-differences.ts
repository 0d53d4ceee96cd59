/**
 * Where two CustomResourceDefinitions differ in what an API server does with them: `path: ours, theirs`. Descriptions
 * and the order of lists that are sets do not count.
 */
export function crdDifferences(ours: Definition, theirs: Definition): string[] {
  const differences: string[] = [];
  compare(settled(ours.spec), settled(theirs.spec), 'spec', differences);
  return differences;
}

interface Definition {
  readonly spec: object;
}

type Json = null | string | number | boolean | Json[] | { [key: string]: Json };

const sets = new Set(['required', 'enum', 'shortNames', 'categories']);

/**
 * @param key under which the value stands. @param isByName whether its keys are names of properties, of which one may
 *   be `description`.
 */
function settled(value: unknown, key = '', isByName = false): Json {
  if (Array.isArray(value)) {
    const items = value.map((item) => settled(item));
    return sets.has(key) ? items.toSorted((a, b) => String(a).localeCompare(String(b))) : items;
  }
  if (typeof value !== 'object' || value === null) return value as Json;
  const fields = Object.entries(value)
    .filter(([name]) => isByName || name !== 'description')
    .map(([name, field]): [string, Json] => [name, settled(field, name, name === 'properties' && !isByName)]);
  return merged(Object.fromEntries(fields));
}

/** The same rule twice, as controller-gen states it for a type and for a field of that type, is the rule. */
function merged({ allOf, ...object }: { [key: string]: Json }): Json {
  if (!Array.isArray(allOf)) return allOf === undefined ? object : { ...object, allOf };
  const [first, ...others] = allOf.map((one) => JSON.stringify(one));
  const isRetried = first !== undefined && others.every((other) => other === first);
  return isRetried ? { ...object, ...(allOf[0] as object) } : { ...object, allOf };
}

function compare(ours: Json | undefined, theirs: Json | undefined, at: string, found: string[]): void {
  if (isObject(ours) && isObject(theirs)) {
    for (const key of new Set([...Object.keys(ours), ...Object.keys(theirs)]))
      compare(ours[key], theirs[key], `${at}.${key}`, found);
  } else if (Array.isArray(ours) && Array.isArray(theirs) && ours.length === theirs.length) {
    for (const [index, item] of ours.entries()) compare(item, theirs[index], `${at}[${index}]`, found);
  } else if (JSON.stringify(ours) !== JSON.stringify(theirs)) {
    const shown = (value: Json | undefined) => (value === undefined ? 'nothing' : JSON.stringify(value));
    found.push(`${at}: ${shown(ours)}, ${shown(theirs)}`);
  }
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
