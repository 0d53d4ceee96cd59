import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isCatalogName,
  kubernetesName,
  lakekeeperWarehouseName,
  legacyDatabaseName,
  oauthClientId,
  orgLabel,
  orgSlug,
  postgresName,
} from '../../src/catalog/names.ts';
import type { OrgId } from '../../src/source/warehouse-record.ts';
import { orgIds } from '../support/arbitrary.ts';

const uuid = '018d351a-9ff7-0000-eaff-4628875ad045';

// Hashes by: printf %s "$ID" | sha256sum | cut -c1-8
test.each([
  [
    'a.b',
    'lakekeeper-a-b-2e7336dc',
    'lakekeeper_a_b_2e7336dc',
    'org-a-b-2e7336dc',
    'duckling-a-b-2e7336dc',
    'a-b-2e7336dc',
    'a.b',
  ],
  [
    'a//b',
    'lakekeeper-a-b-7a9acf33',
    'lakekeeper_a_b_7a9acf33',
    'org-a-b-7a9acf33',
    'duckling-a-b-7a9acf33',
    'a-b-7a9acf33',
    'a-b-7a9acf33',
  ],
  ['acme', 'lakekeeper-acme', 'lakekeeper_acme', 'org-acme', 'duckling-acme', 'acme', 'acme'],
  [
    'acme-corp',
    'lakekeeper-acme-corp',
    'lakekeeper_acme_corp',
    'org-acme-corp',
    'duckling-acme-corp',
    'acme-corp',
    'acme-corp',
  ],
  ['0', 'lakekeeper-0', 'lakekeeper_0', 'org-0', 'duckling-0', '0', '0'],
  [
    'a_b',
    'lakekeeper-a-b-648fa9b3',
    'lakekeeper_a_b_648fa9b3',
    'org-a-b-648fa9b3',
    'duckling-a-b-648fa9b3',
    'a-b-648fa9b3',
    'a_b',
  ],
  [
    'ACME-Corp',
    'lakekeeper-acme-corp-acb25181',
    'lakekeeper_acme_corp_acb25181',
    'org-acme-corp-acb25181',
    'duckling-acme-corp-acb25181',
    'acme-corp-acb25181',
    'ACME-Corp',
  ],
  [
    '🦆',
    'lakekeeper-d7a5c5e0',
    'lakekeeper_d7a5c5e0',
    'org-d7a5c5e0',
    'duckling-d7a5c5e0',
    'd7a5c5e0',
    'd7a5c5e0',
  ],
  [
    uuid,
    'lakekeeper-018d351a9ff70000eaff4628875ad045',
    'lakekeeper_018d351a_9ff7_0000_eaff_4628875ad045',
    `org-${uuid}`,
    `duckling-${uuid}`,
    uuid,
    uuid,
  ],
])('the names of %j', (id, kubernetes, postgres, warehouse, client, slug, label) => {
  const org = id as OrgId;
  expect(kubernetesName(org, 'lakekeeper')).toBe(kubernetes);
  expect(postgresName(org, 'lakekeeper')).toBe(postgres);
  expect(lakekeeperWarehouseName(org)).toBe(warehouse);
  expect(oauthClientId(org)).toBe(client);
  expect(orgSlug(org)).toBe(slug);
  expect(orgLabel(org)).toBe(label);
});

describe('limits', () => {
  test('a name in Kubernetes has at most 46 characters: 35 of the org id stay plain, 36 are hashed', () => {
    expect(kubernetesName('a'.repeat(35) as OrgId, 'lakekeeper')).toBe(`lakekeeper-${'a'.repeat(35)}`);
    expect(kubernetesName('a'.repeat(36) as OrgId, 'lakekeeper')).toBe(
      `lakekeeper-${'a'.repeat(26)}-22c1d24b`,
    );
  });

  test('a name in Postgres has at most 63 bytes: 52 of the org id stay plain, 53 are hashed', () => {
    expect(postgresName('x'.repeat(52) as OrgId, 'lakekeeper')).toBe(`lakekeeper_${'x'.repeat(52)}`);
    expect(postgresName('x'.repeat(53) as OrgId, 'lakekeeper')).toBe(`lakekeeper_${'x'.repeat(43)}_8a04a39a`);
  });

  test('a warehouse name and a client id have at most 128 bytes', () => {
    expect(lakekeeperWarehouseName('x'.repeat(124) as OrgId)).toHaveLength(128);
    expect(lakekeeperWarehouseName('x'.repeat(125) as OrgId)).toMatch(/^org-x{50}-[0-9a-f]{8}$/);
    expect(oauthClientId('x'.repeat(119) as OrgId)).toHaveLength(128);
    expect(oauthClientId('x'.repeat(120) as OrgId)).toMatch(/^duckling-x{45}-[0-9a-f]{8}$/);
  });

  test('a label has at most 63 characters', () => {
    expect(orgLabel('A'.repeat(63) as OrgId)).toBe('A'.repeat(63));
    expect(orgLabel('A'.repeat(64) as OrgId)).toMatch(/^a{54}-[0-9a-f]{8}$/);
    expect(orgSlug('a'.repeat(63) as OrgId)).toBe('a'.repeat(63));
    expect(orgSlug('a'.repeat(64) as OrgId)).toMatch(/^a{54}-[0-9a-f]{8}$/);
  });

  test('what is cut never ends in a hyphen before the hash', () => {
    const org = `${'a'.repeat(25)}-${'b'.repeat(30)}` as OrgId;
    expect(kubernetesName(org, 'lakekeeper')).toMatch(/^lakekeeper-a{25}-[0-9a-f]{8}$/);
  });

  test.each([
    ['lakekeeper-acme', true],
    ['a', true],
    ['a'.repeat(46), true],
    ['a'.repeat(47), false],
    ['0-starts-with-a-digit', false],
    ['ends-', false],
    ['has.dot', false],
    ['Upper', false],
    ['', false],
  ])('%j can be the name of a catalog: %j', (name, expected) => {
    expect(isCatalogName(name)).toBe(expected);
  });
});

describe('the prefix', () => {
  test('leaves a UUID its hyphens when it is short enough', () => {
    expect(kubernetesName(uuid as OrgId, 'lk')).toBe(`lk-${uuid}`);
  });

  test('makes a UUID hashed when there is no room even without hyphens', () => {
    expect(kubernetesName(uuid as OrgId, 'a-long-prefix-of-20c')).toMatch(
      /^a-long-prefix-of-20c-018d351a-9ff7-00-[0-9a-f]{8}$/,
    );
  });

  test('has underscores for its hyphens in Postgres', () => {
    expect(postgresName('acme' as OrgId, 'data-lake')).toBe('data_lake_acme');
  });
});

describe('of any org ids', () => {
  const prefixes = fc.constantFrom('lakekeeper', 'lk', 'data-lake', 'a-long-prefix-of-20c');

  test('names fit Kubernetes and Postgres', () => {
    fc.assert(
      fc.property(orgIds, prefixes, (org, prefix) => {
        expect(kubernetesName(org, prefix)).toSatisfy(isCatalogName);
        expect(`${kubernetesName(org, prefix)}-migrate-01234567`.length).toBeLessThanOrEqual(63);
        expect(postgresName(org, prefix)).toMatch(/^[a-z][a-z0-9_]{0,62}$/);
        expect(lakekeeperWarehouseName(org)).toMatch(/^[a-z0-9-]{1,128}$/);
        expect(oauthClientId(org)).toMatch(/^[a-z0-9-]{1,128}$/);
        expect(orgSlug(org)).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
        expect(orgLabel(org)).toMatch(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/);
      }),
      { numRuns: 2000 },
    );
  });

  test('no two orgs share a name', () => {
    const names = [
      (org: OrgId) => kubernetesName(org, 'lakekeeper'),
      (org: OrgId) => postgresName(org, 'lakekeeper'),
      lakekeeperWarehouseName,
      oauthClientId,
      orgSlug,
      orgLabel,
    ];
    fc.assert(
      fc.property(fc.uniqueArray(orgIds, { minLength: 2, maxLength: 50 }), (orgs) => {
        for (const name of names) expect(new Set(orgs.map(name)).size).toBe(orgs.length);
      }),
      { numRuns: 300 },
    );
  });

  test('names depend on nothing but the id and the prefix', () => {
    fc.assert(
      fc.property(orgIds, orgIds, (org, other) => {
        const before = kubernetesName(org, 'lakekeeper');
        kubernetesName(other, 'lakekeeper');
        expect(kubernetesName(org, 'lakekeeper')).toBe(before);
      }),
    );
  });
});

describe('the database of an org that the former controller registered', () => {
  test.each([
    ['acme', 'lakekeeper-acme', 'lakekeeper_acme'],
    ['a_b', 'lakekeeper-a_b', 'lakekeeper_a_b'],
    ['ACME-Corp', 'lakekeeper-acme-corp', 'lakekeeper_acme_corp'],
    [uuid, 'lakekeeper-018d351a9ff70000eaff4628875ad045', 'lakekeeper_018d351a_9ff7_0000_eaff_4628875ad045'],
  ])('of %j, named %s, is %s', (org, name, database) => {
    expect(legacyDatabaseName(org as OrgId, name)).toBe(database);
  });

  test('is unknown when it is not a name that the controller gave', () => {
    expect(legacyDatabaseName('ACME-Corp' as OrgId, 'lakekeeper-renamed')).toBeUndefined();
  });

  test('is unknown when Postgres would have cut it', () => {
    expect(legacyDatabaseName('y'.repeat(52) as OrgId, `lakekeeper-${'y'.repeat(52)}`)).toHaveLength(63);
    expect(legacyDatabaseName('y'.repeat(53) as OrgId, `lakekeeper-${'y'.repeat(53)}`)).toBeUndefined();
  });
});
