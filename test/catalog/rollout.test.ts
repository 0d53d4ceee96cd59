import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rolloutImage, stageOf } from '../../src/catalog/rollout.ts';
import { warnings } from '../../src/platform/settings-warnings.ts';
import { catalog, platform, type Settings } from '../support/fleet.ts';

const [old, wanted] = ['quay.io/lakekeeper/catalog:v0.12.2', 'quay.io/lakekeeper/catalog:v0.13.3'];
const stages = [{ orgs: ['canary-org'] }, { percent: 10 }, { percent: 50 }, { percent: 100 }];
const at = (stage: number, rollout: Partial<Settings['rollout']> = {}) =>
  platform({ rollout: { image: wanted, stages, stage, ...rollout } });

const anyStages = fc
  .tuple(
    fc.array(fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 3 }), { maxLength: 2 }),
    fc.uniqueArray(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 5 }),
  )
  .map(([orgs, percents]) => [
    ...orgs.map((some) => ({ orgs: some })),
    ...percents.sort((a, b) => a - b).map((percent) => ({ percent })),
  ]);

test('an org never goes back when the stage grows, whatever other orgs there are', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), anyStages, (org, some) => {
      const images = [...some.keys(), some.length].map((stage) =>
        rolloutImage(org, at(stage, { stages: some })),
      );
      const first = images.findIndex((image) => image !== undefined);
      expect(images[0]).toBeUndefined();
      if (first >= 0) expect(images.slice(first).every((image) => image === wanted)).toBe(true);
      expect(first < 0 ? undefined : first).toBe(stageOf(org, { image: wanted, stages: some, stage: 0 }));
    }),
    { numRuns: 30 },
  );
});

test('who is in a stage does not depend on the image', () => {
  const inTen = (image: string) =>
    Array.from({ length: 200 }, (_, i) => `org-${i}`).filter((org) => rolloutImage(org, at(2, { image })));
  expect(inTen(wanted)).toEqual(inTen('quay.io/lakekeeper/catalog:v0.13.4'));
  expect(inTen(wanted).length).toBeGreaterThan(8);
  expect(inTen(wanted).length).toBeLessThan(34);
});

test('a catalog has the image of the roll-out, or that of the settings; an override is stronger', () => {
  expect(catalog('canary-org', at(0)).image).toBe(old);
  expect(catalog('canary-org', at(1)).image).toBe(wanted);
  expect(catalog('acme', at(1)).image).toBe(old);
  expect(catalog('acme', at(4)).image).toBe(wanted);
  const pinned = platform({ rollout: { image: wanted, stages, stage: 4 }, orgs: { acme: { image: old } } });
  expect(catalog('acme', pinned).image).toBe(old);
});

describe('is refused', () => {
  test.each([
    [{ stage: 5 }, 'rollout.stage: is 5, and there are 4 stages'],
    [{ stages: [{ percent: 20 }, { percent: 20 }] }, 'rollout.stages[1].percent: is 20, no more than'],
    [{ image: 'quay.io/lakekeeper/catalog:v0.12.1' }, 'older than catalog.image'],
    [
      { image: old },
      'rollout.image: is quay.io/lakekeeper/catalog:v0.12.2, as catalog.image, so that every org has it',
    ],
    [{ stages: [{ percent: 0 }] }, 'rollout.stages[0].percent'],
  ])('%j', (rollout, message) => {
    expect(() => at(1, rollout)).toThrow(message);
  });
});

test('one that has reached every org is to be ended', () => {
  const ended = { rollout: { image: wanted, stages, stage: 4 } };
  expect(warnings(at(3))).toEqual([]);
  for (const over of [at(4), platform({ ...ended, catalog: { image: wanted } })])
    expect(warnings(over)).toMatchObject([{ at: 'rollout', message: expect.stringContaining(wanted) }]);
});
