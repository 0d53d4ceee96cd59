import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Catalog } from '../../../src/catalog/catalog.ts';
import { renderOrg } from '../../../src/manifests/render-files.ts';
import { shapedRenderer } from '../../../src/manifests/shapes/shaped-renderer.ts';
import type { Platform } from '../../../src/platform/platform-settings.ts';
import type { RenderedFile } from '../../../src/tree/rendered-file.ts';
import { anyFleet } from '../../support/any-fleet.ts';
import { hostileIds } from '../../support/arbitrary.ts';
import {
  catalog,
  externalProvider,
  otherStores,
  platform,
  type SettingsOverrides,
} from '../../support/fleet.ts';

/** Renders a fleet both ways, and compares. @returns whether each org went the fast way. */
function compare(catalogs: readonly Catalog[], settings: Platform): boolean[] {
  const slowly = new Map<Catalog, RenderedFile[]>();
  const slow = (desired: Catalog): RenderedFile[] => {
    const files = slowly.get(desired) ?? renderOrg(desired, settings);
    slowly.set(desired, files);
    return files;
  };
  let asked = 0;
  const render = shapedRenderer(settings, (desired) => {
    asked += 1;
    return slow(desired);
  });
  return catalogs.map((desired) => {
    const before = asked;
    expect(render(desired)).toEqual(slow(desired));
    return asked === before;
  });
}

describe('fast rendering makes the same bytes as slow rendering', () => {
  let fast = 0;
  // In parts, each of which has the time of a test.
  test.each([1, 2, 3])('for any fleet of any settings, part %i', () => {
    fc.assert(
      fc.property(anyFleet, ({ settings, catalogs }) => {
        // With any settings, the records of half of the fleets are all rejected.
        fc.pre(catalogs.length > 0);
        // Three times: a template is made of the first two orgs of a shape, so the third time each shape has its own.
        fast += compare([...catalogs, ...catalogs, ...catalogs], settings).filter((isFast) => isFast).length;
      }),
      // To look for a smaller fleet that fails takes minutes, and the difference is shown anyway.
      { numRuns: 8, endOnFailure: true },
    );
  });

  // Of all parts: in a third of the fleets, each org is of a shape that has no template.
  test('and not only because the slow way is compared with itself', () => expect(fast).toBeGreaterThan(0));

  test('for hostile ids, with the templates of their shapes', () => {
    const settings = platform();
    const catalogs = ['No 1', 'No 2', 'No 3', 'One', 'Two', 'Three', 'a', 'bb', 'ccc', ...hostileIds].map(
      (org) => catalog(org, settings, { duckling_name: 'duckling' }),
    );
    const ways = compare(catalogs, settings);
    const slow = catalogs.filter((_, i) => ways[i] === false).map(({ org }) => org);
    // Those that begin a shape, or are alone in theirs.
    expect(slow.length).toBeLessThan(30);
    expect(slow).not.toContain('---');
    expect(slow).not.toContain('שלום');
  });
});

test.each(Object.entries(otherStores))('%s is rendered the same, fast and slow', (_, dataStores) => {
  const settings = platform({ dataStores, operator: { amendments: true } });
  const orgs = Array.from({ length: 5 }, (_, i) => catalog(`org-${i}`, settings));
  expect(compare(orgs, settings).filter((isFast) => isFast)).toHaveLength(3);
});

test.each<[string, SettingsOverrides]>([
  ['an ordinary fleet', {}],
  ['a fleet in shards', { argocd: { repoURL: 'https://github.com/acme/catalogs.git', shards: 5 } }],
])('%s is rendered fast, but for the first two orgs of each shape', (_, overrides) => {
  const settings = platform(overrides);
  const orgs = Array.from({ length: 20 }, (__, i) => catalog(`org-${i}`, settings));
  expect(compare(orgs, settings).map((isFast) => (isFast ? 'fast' : 'slow'))).toEqual([
    ...Array.from({ length: 2 }, () => 'slow'),
    ...Array.from({ length: 18 }, () => 'fast'),
  ]);
});

test('orgs whose Secrets sort differently are of different shapes', () => {
  const store = { namespace: '{org}', name: 'm-{org}' };
  const password = { secret: { namespace: 'ducklings', name: '{org}-postgres', key: 'password' } };
  const client = {
    id: 'register',
    secret: { namespace: 'ducklings', name: 'identity-provider', key: 'secret' },
  };
  const settings = platform({
    authentication: { ...externalProvider, client },
    metadataStores: { external: { provisioning: 'admin', admin: { password } } },
    dataStores: {
      s3bucket: {
        type: 's3',
        region: 'eu-central-1',
        credential: {
          type: 'accessKey',
          accessKeyId: { ...store, key: 'id' },
          secretAccessKey: { ...store, key: 'secret' },
        },
      },
    },
  });
  const orgs = ['a1', 'a2', 'a3', 'a4', 'z1', 'z2', 'n1', 'n2', 'z3', 'z4'].map((org) =>
    catalog(org, settings),
  );
  expect(compare(orgs, settings).filter((isFast) => isFast)).toHaveLength(4);
});

test.each([0, 1])('a template that renders org %i otherwise than slow rendering is not used', (odd) => {
  const settings = platform();
  let renderings = 0;
  // As if the slow way did something with a text that a template cannot know.
  const slow = (desired: Catalog): RenderedFile[] => {
    renderings += 1;
    const files = renderOrg(desired, settings);
    return desired.org === `org-${odd}`
      ? files.map((file) => ({ ...file, text: `${file.text}# odd\n` }))
      : files;
  };
  const render = shapedRenderer(settings, slow);
  for (let i = 0; i < 6; i++) {
    const desired = catalog(`org-${i}`, settings);
    expect(render(desired)).toEqual(slow(desired));
  }
  expect(renderings).toBe(12);
});

test('an org that no template can render does not keep the next ones from a template', () => {
  const settings = platform();
  const orgs = Array.from({ length: 4 }, (_, i) => catalog(`org-${i}`, settings));
  const [one, ...others] = orgs;
  if (!one) throw new Error('no orgs');
  const lines = { ...one, metadataStore: { ...one.metadataStore, host: 'two\nlines' } };
  expect(compare([lines, ...others], settings)).toEqual([false, false, false, true]);
});

test('a credential is refused, also where a template would be filled in', () => {
  const settings = platform();
  const orgs = Array.from({ length: 4 }, (_, i) => catalog(`org-${i}`, settings));
  const [one] = orgs;
  if (!one) throw new Error('no orgs');
  const render = shapedRenderer(settings);
  for (const org of orgs) render(org);
  const leak = { ...one, metadataStore: { ...one.metadataStore, host: 'postgres://root:secret@host' } };
  expect(() => render(leak)).toThrow(/a URL with a password/);
});
