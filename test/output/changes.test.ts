import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Change, Changes } from '../../src/output/changes.ts';

const happened = fc.uniqueArray(
  fc.tuple(
    fc.tuple(
      fc.constantFrom('platform', 'orgs/a', 'orgs/b', 'orgs/c'),
      fc.constantFrom('x.yaml', 'y.yaml', 'z.yaml'),
    ),
    fc.constantFrom<Change>('created', 'updated', 'unchanged'),
  ),
  { selector: ([path]) => path.join('/') },
);

test('remembers what happened to each file, in whatever order it happened', () => {
  fc.assert(
    fc.property(happened, (list) => {
      const changes = new Changes();
      for (const [path, change] of list) changes.add(path.join('/'), change);
      const expected = list.map(([path, change]) => [path.join('/'), change]);
      expect([...changes].sort()).toEqual(expected.sort());
      for (const kind of ['created', 'updated', 'unchanged'] as const)
        expect(changes.count(kind)).toBe(list.filter(([, change]) => change === kind).length);
      for (const directory of ['orgs/a', 'orgs/b', 'orgs/c'])
        expect(changes.isChanged(directory)).toBe(
          list.some(([[parent], change]) => parent === directory && change !== 'unchanged'),
        );
      expect(changes.has('orgs/a/x.yaml')).toBe(list.some(([path]) => path.join('/') === 'orgs/a/x.yaml'));
    }),
  );
});
