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
