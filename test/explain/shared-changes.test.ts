import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Catalog } from '../../src/catalog/catalog.ts';
import { migrationJobName } from '../../src/catalog/migration-job.ts';
import { canonical } from '../../src/explain/differences.ts';
import { directoryChanges } from '../../src/explain/directory-changes.ts';
import type { FilePair } from '../../src/explain/parsed-directory.ts';
import { sharedChanges } from '../../src/explain/shared-changes.ts';
import { shapedRenderer } from '../../src/manifests/shapes/shaped-renderer.ts';
import type { Platform } from '../../src/platform/platform-settings.ts';
import { anyFleet } from '../support/any-fleet.ts';
import { hostileIds } from '../support/arbitrary.ts';
import { catalog, platform } from '../support/fleet.ts';

type Edit = (desired: Catalog) => Catalog;

/** With the name of its migration Job, which follows from the image and the metadata store. */
function migrated(desired: Catalog): Catalog {
  const { names, image, metadataStore } = desired;
  const migrationJob = migrationJobName(names.kubernetes, { image, ...metadataStore });
  return { ...desired, names: { ...names, migrationJob } };
}

/** What a change of the settings or of a row does to a catalog. */
const edits: Readonly<Record<string, Edit>> = {
  image: (desired) => ({ ...desired, image: 'quay.io/lakekeeper/catalog:v0.13.3' }),
  replicas: (desired) => ({
    ...desired,
    replicas: desired.replicas === 'external' ? 2 : desired.replicas + 1,
  }),
  host: (desired) => ({ ...desired, metadataStore: { ...desired.metadataStore, host: 'other.example.com' } }),
  folder: (desired) => ({ ...desired, dataStore: { ...desired.dataStore, keyPrefix: 'moved' } }),
  authentication: (desired) => ({ ...desired, authentication: { mode: 'none' } }),
  nothing: (desired) => desired,
};

/**
 * Explains each org as often as `times` says. @returns how many times an org was explained by what two others had in
 * common.
 */
function compare(before: readonly Catalog[], settings: Platform, edit: Edit, times = 1): number {
  const render = shapedRenderer(settings);
  let asked = 0;
  const explain = sharedChanges([], (files, policies) => {
    asked += 1;
    return directoryChanges(files, policies);
  });
  const orgs = before.map((committed) => {
    const desired = migrated(edit(committed));
    const after = new Map(render(desired).map(({ path, text }) => [path, text]));
    const files = render(migrated(committed)).map(
      ({ path, text }): FilePair => ({ path, before: text, after: after.get(path) }),
    );
    return { desired, files, byItself: canonical(directoryChanges(files)) };
  });
  for (let time = 0; time < times; time += 1)
    for (const { desired, files, byItself } of orgs)
      expect(canonical(explain(files, desired)), desired.org).toBe(byItself);
  return times * orgs.length - asked;
}

const plainSettings = platform();
const plainFleet = {
  settings: plainSettings,
  catalogs: ['one', 'two', 'three'].map((org) => catalog(org, plainSettings)),
};

// In parts: all of them take longer than one test may on a machine that has other work.
test.each([1, 2, 3])(
  'shared changes are explained as for each org by itself, for any fleet of any settings, part %i',
  () => {
    let shared = 0;
    fc.assert(
      fc.property(anyFleet, fc.constantFrom(...Object.keys(edits)), ({ settings, catalogs }, name) => {
        const edit = edits[name] as Edit;
        // The third time, each org is in a class that two were in.
        shared += compare(catalogs, settings, edit, 3);
      }),
      // How many changes random fleets share is a matter of chance; the plain fleet shares most.
      { numRuns: 5, endOnFailure: true, examples: [[plainFleet, 'image']] },
    );
    expect(shared).toBeGreaterThan(4);
  },
);

test('shared changes are explained for ids that are words of YAML, of the resource, of a plan, or of a version', () => {
  const words = [
    'namespace',
    'image',
    'host',
    'spec',
    'pods',
    'allows',
    '13',
    '0',
    'v0',
    'lakekeeper',
    'org',
  ];
  const settings = platform();
  const catalogs = ['one', 'two', 'three', ...words, ...hostileIds].map((org) =>
    catalog(org, settings, { duckling_name: 'duckling' }),
  );
  for (const edit of Object.values(edits)) compare(catalogs, settings, edit);
});

test('an upgrade of a plain fleet is explained twice, whatever the number of orgs', () => {
  const settings = platform();
  const catalogs = Array.from({ length: 12 }, (_, i) => catalog(`org-${i}`, settings));
  expect(compare(catalogs, settings, edits.image as Edit)).toBe(10);
});

test('a file that somebody edited by hand is explained by itself', () => {
  const settings = platform();
  const render = shapedRenderer(settings);
  const explain = sharedChanges([]);
  const kinds = Array.from({ length: 6 }, (_, i) => {
    const desired = catalog(`org-${i}`, settings);
    const files = render({ ...desired, image: 'quay.io/lakekeeper/catalog:v0.11.6' }).map(
      ({ path, text }) => ({
        path,
        before: i === 4 ? text.replace('v0.11.6', 'v0.11.5') : text,
        after: render(desired).find((file) => file.path === path)?.text,
      }),
    );
    return explain(files, desired).map(({ kind }) => kind);
  });
  expect(kinds.map((some) => some.includes('editedByHand'))).toEqual([
    false,
    false,
    false,
    false,
    true,
    false,
  ]);
});
