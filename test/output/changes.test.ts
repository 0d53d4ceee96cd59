import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Change, Changes } from '../../src/output/changes.ts';

const kinds = ['created', 'updated', 'unchanged'] as const;
const happened = fc.array(
  fc.uniqueArray(
    fc.record({
      file: fc.constantFrom('x.yaml', 'y.yaml', 'z.yaml'),
      change: fc.constantFrom<Change>(...kinds),
    }),
    { selector: ({ file }) => file },
  ),
);

test('remembers what happened to each file of each directory, in whatever order it happened', () => {
  fc.assert(
    fc.property(happened, fc.boolean(), (directories, isBackwards) => {
      const changes = new Changes();
      const listed = directories.map((files, i) =>
        files.map(({ file, change }) => ({ path: `orgs/${i}/${file}`, change })),
      );
      const order = [...listed.keys()];
      for (const i of isBackwards ? order.reverse() : order) changes.add(i, listed[i] ?? []);
      listed.forEach((files, i) => {
        expect(changes.of(i, `orgs/${i}`)).toEqual(files);
        expect(changes.isChanged(i)).toBe(files.some(({ change }) => change !== 'unchanged'));
      });
      for (const kind of kinds)
        expect(changes.count(kind)).toBe(listed.flat().filter(({ change }) => change === kind).length);
      expect(changes.of(directories.length, 'none')).toEqual([]);
    }),
  );
});

test('remembers it for thousands of directories', () => {
  const changes = new Changes();
  const changeOf = (i: number): Change => (i % 1000 === 7 ? 'updated' : 'unchanged');
  const count = 5000;
  for (let i = 0; i < count; i++) changes.add(i, [{ path: `orgs/${i}/x.yaml`, change: changeOf(i) }]);
  for (let i = 0; i < count; i++) expect(changes.isChanged(i)).toBe(changeOf(i) === 'updated');
  expect(changes.of(count - 1, 'orgs/last')).toEqual([{ path: 'orgs/last/x.yaml', change: 'unchanged' }]);
});

test('what is obsolete is named, and is no change of what is rendered', () => {
  const changes = new Changes();
  changes.add(0, [
    { path: 'orgs/a/x.yaml', change: 'unchanged' },
    { path: 'orgs/a/old.yaml', change: 'obsolete' },
  ]);
  expect(changes.obsolete).toEqual(['orgs/a/old.yaml']);
  expect(changes.of(0, 'orgs/a')).toEqual([{ path: 'orgs/a/x.yaml', change: 'unchanged' }]);
  expect(changes.isChanged(0)).toBe(false);
});
