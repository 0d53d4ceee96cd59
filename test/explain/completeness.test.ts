import fc from 'fast-check';
import { expect, test } from 'vitest';
import { directoryChanges } from '../../src/explain/directory-changes.ts';
import { fileBody } from '../../src/manifests/render-files.ts';
import { sealed } from '../../src/tree/header.ts';
import { catalog, orgObjects, platform } from '../support/fleet.ts';

const settings = platform({
  operator: { amendments: true },
  authentication: { mode: 'kubernetes' },
  identity: { provider: 'irsa', annotations: { 'eks.amazonaws.com/role-arn': 'arn:{org}' } },
});
const objects = orgObjects(catalog('acme', settings), settings);
/** Writing YAML takes time: each object is written once. */
const documents = objects.map((object) => fileBody([object]));
const fileOf = (some: readonly string[]) => sealed(some.join('---\n'));
const desired = fileOf(documents);
const path = 'orgs/lakekeeper-acme/all.yaml';

/** Every text, number and truth in a value, by the keys on the way; of lists as well. */
function leaves(value: unknown, at: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [at];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...at, key]));
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

const places = objects.flatMap((object, i) => leaves(object).map((leaf) => [i, leaf] as const));

test('a difference in any field is reported', () => {
  expect(places.length).toBeGreaterThan(200);
  fc.assert(
    fc.property(
      fc.constantFrom(...places),
      fc.constantFrom<unknown>('another', 7, 0, true, null, [], {}, { a: 'b' }),
      ([i, leaf], value) => {
        const edited = fileBody([replaced(objects[i], leaf, value)]);
        const before = fileOf(documents.map((document, k) => (k === i ? edited : document)));
        fc.pre(before !== desired);
        const kinds = directoryChanges([{ path, before, after: desired }]).map(({ kind }) => kind);
        expect(kinds).not.toEqual([]);
        expect(kinds, leaf.join('.')).not.toContain('rewritten');
      },
    ),
    { numRuns: 300 },
  );
});

test('every added and removed object is reported', () => {
  for (const [i, { kind }] of objects.entries()) {
    const others = fileOf(documents.filter((_, k) => k !== i));
    const comes = directoryChanges([{ path, before: others, after: desired }]);
    const goes = directoryChanges([{ path, before: desired, after: others }]);
    for (const changes of [comes, goes]) {
      expect(changes, kind).not.toEqual([]);
      expect(changes, kind).not.toContainEqual({ kind: 'rewritten' });
    }
  }
});

test('the order of documents and keys, and quotes, are no difference', () => {
  const before = sealed(
    `${[...objects]
      .reverse()
      .map((object) => JSON.stringify(object))
      .join('\n---\n')}\n`,
  );
  const changes = directoryChanges([{ path, before, after: desired }]);
  expect(new Set(changes.map(({ kind }) => kind))).toEqual(new Set(['rewritten']));
  expect(new Set(changes.map(({ what }) => what))).toEqual(
    new Set(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)),
  );
});
