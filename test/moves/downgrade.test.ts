import { expect, test } from 'vitest';
import { refusesDatabaseOf } from '../../src/moves/downgrade.ts';

const image = (tag: string) => `quay.io/lakekeeper/catalog:${tag}`;

test.each([
  ['v0.13.3', 'v0.12.4'],
  ['v1.0.0', 'v0.14.0'],
  ['v0.12.3', 'v0.12.2'],
  ['v0.12.4', 'v0.12.0'],
  ['v0.11.2', 'v0.11.1'],
  ['v0.13.3-distroless', 'v0.12.3'],
])('the migration of an older image refuses: from %s to %s', (from, to) => {
  expect(refusesDatabaseOf(image(from), image(to))).toBe(true);
});

test.each([
  ['v0.12.4', 'v0.13.3'],
  ['v0.13.3', 'v0.13.3-distroless'],
  ['v0.13.3', 'v0.13.0'],
  ['v0.12.4', 'v0.12.3'],
  ['v0.12.2', 'v0.12.0'],
  ['v0.11.6', 'v0.11.2'],
  ['v0.13.3', 'latest'],
  ['latest', 'v0.11.0'],
])('it does not refuse, or is not known to: from %s to %s', (from, to) => {
  expect(refusesDatabaseOf(image(from), image(to))).toBe(false);
});
