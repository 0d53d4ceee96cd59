import { describe, expect, test } from 'vitest';
import { migrationJobName } from '../../src/catalog/migration-job.ts';
import { kinds } from '../../src/explain/change.ts';
import { changesOf } from '../support/plan.ts';

const repository = 'quay.io/lakekeeper/catalog';
const withImage = (image: string) => ({ settings: { catalog: { image } } });

describe('an image', () => {
  test.each([
    ['v0.12.2', 'v0.13.3', 'imageUpgraded'],
    ['v0.9.5', 'v0.12.2', 'imageUpgraded'],
    ['v0.13.3', 'v1.0.0', 'imageUpgraded'],
    ['v0.13.3', 'v0.12.2', 'imageDowngraded'],
    ['v0.12.4', 'v0.12.3', 'imageDowngraded'],
    ['v1.0.0', 'v0.99.99', 'imageDowngraded'],
    ['v0.13.3', 'v0.13.3-patched', 'imageChanged'],
    ['v0.13.3', 'nightly', 'imageChanged'],
    ['nightly-1', 'v0.13.3', 'imageChanged'],
  ])('from %s to %s is: %s', (from, to, kind) => {
    expect(changesOf(withImage(`${repository}:${from}`), withImage(`${repository}:${to}`))).toEqual([
      {
        kind,
        from,
        to,
        detail: `migration Job ${migrationJobName('lakekeeper-acme', {
          image: `${repository}:${to}`,
          host: 'postgres.example.com',
          port: 5432,
          database: 'lakekeeper_acme',
        })}`,
      },
    ]);
  });

  // Seen on the real operator: test/contracts/recordings/operator, states 10 and 11.
  test.each([
    ['an earlier one', 'v0.13.3', 'v0.12.2'],
    ['perhaps an earlier one', 'nightly-2', 'nightly-1'],
  ])('that is %s may migrate later, and the plan says when', (_, from, to) => {
    const [change] = changesOf(withImage(`${repository}:${from}`), withImage(`${repository}:${to}`));
    expect(kinds[change?.kind ?? 'imageUpgraded'].effect).toMatch(
      /migration runs when that Job is cleaned up/,
    );
  });

  test('of another repository is named in full, and its versions count all the same', () => {
    const [change] = changesOf(
      withImage(`${repository}:v0.13.3`),
      withImage('registry.example.com:5000/mirror/catalog:v0.12.2'),
    );
    expect(change).toMatchObject({
      kind: 'imageDowngraded',
      from: `${repository}:v0.13.3`,
      to: 'registry.example.com:5000/mirror/catalog:v0.12.2',
    });
  });

  test('by digest is shown by it', () => {
    const digest = (hex: string) => `${repository}@sha256:${hex.repeat(64)}`;
    expect(changesOf(withImage(digest('a')), withImage(digest('b')))).toMatchObject([
      { kind: 'imageChanged', from: `sha256:${'a'.repeat(64)}`, to: `sha256:${'b'.repeat(64)}` },
    ]);
  });

  test('that does not change is not reported', () => {
    expect(changesOf({}, { settings: { catalog: { replicas: 3 } } })).toEqual([
      { kind: 'scaled', from: '2', to: '3' },
    ]);
  });
});
