import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fileBody } from '../../src/manifests/render.ts';
import { sealed } from '../../src/output/seal.ts';
import { directoryChanges } from '../../src/plan/directory-changes.ts';
import { catalog, orgObjects, platform } from '../support/fleet.ts';

const settings = platform({
  operator: { amendments: true },
  authentication: { mode: 'kubernetes' },
  identity: { provider: 'irsa', annotations: { 'eks.amazonaws.com/role-arn': 'arn:{org}' } },
});
const objects = orgObjects(catalog('acme', settings), settings);
const fileOf = (some: readonly unknown[]) => sealed(fileBody(some));
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

test('there is no field whose difference is passed over', () => {
  expect(places.length).toBeGreaterThan(200);
  fc.assert(
    fc.property(
      fc.constantFrom(...places),
      fc.constantFrom<unknown>('another', 7, 0, true, null, [], {}, { a: 'b' }),
      ([i, leaf], value) => {
        const edited = objects.map((object, k) => (k === i ? replaced(object, leaf, value) : object));
        const [before, after] = [fileOf(edited), fileOf(objects)];
        fc.pre(before !== after);
        const kinds = directoryChanges([{ path, before, after }]).map(({ kind }) => kind);
        expect(kinds).not.toEqual([]);
        expect(kinds, leaf.join('.')).not.toContain('rewritten');
      },
    ),
    { numRuns: 400 },
  );
});

test('there is no object whose coming or going is passed over', () => {
  for (const missing of objects) {
    const others = objects.filter((object) => object !== missing);
    const comes = directoryChanges([{ path, before: fileOf(others), after: fileOf(objects) }]);
    const goes = directoryChanges([{ path, before: fileOf(objects), after: fileOf(others) }]);
    for (const changes of [comes, goes]) {
      expect(changes, missing.kind).not.toEqual([]);
      expect(changes, missing.kind).not.toContainEqual({ kind: 'rewritten' });
    }
  }
});

test('the order of documents and keys, and quotes, say nothing', () => {
  const before = sealed(
    `${[...objects]
      .reverse()
      .map((object) => JSON.stringify(object))
      .join('\n---\n')}\n`,
  );
  expect(directoryChanges([{ path, before, after: fileOf(objects) }])).toEqual([{ kind: 'rewritten' }]);
});
