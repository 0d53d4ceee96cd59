import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Catalog } from '../../src/catalog/catalog.ts';
import { orgIds } from '../support/arbitrary.ts';
import {
  fleet as fleetOf,
  otherStores,
  platform,
  type Row,
  type SettingsOverrides,
} from '../support/fleet.ts';

const fleet = (rows: readonly Row[], settings?: SettingsOverrides) => fleetOf(rows, platform(settings));
const orgAndName = ({ org, names }: Catalog) => [org, names.kubernetes];
const rendered = (rows: Row[], settings?: SettingsOverrides) =>
  fleet(rows, settings).catalogs.map(orgAndName);
const rejected = (rows: Row[], settings?: SettingsOverrides) =>
  fleet(rows, settings).rejected.map(
    ({ org, problems }) => `${org}: ${problems.map(({ at, message }) => `${at} ${message}`).join(' | ')}`,
  );
const at = (name: string) => ({ iceberg_lakekeeper_endpoint: `http://${name}.lakekeeper.svc:8181/catalog` });

test('every record is rendered, skipped or rejected; one bad record stops no other', () => {
  const result = fleet([
    { org_id: 'b' },
    { org_id: 'off', iceberg_enabled: false },
    { org_id: 7 },
    { org_id: 'a' },
    { org_id: 'bad', metadata_store_endpoint: '' },
  ]);
  expect(result.catalogs.map(({ org }) => org)).toEqual(['a', 'b']);
  expect(result.skipped.map(({ org }) => org)).toEqual(['off']);
  expect(result.rejected.map(({ org }) => org)).toEqual([undefined, 'bad']);
});

test('ids that differ only in case, or in - and _, are different orgs', () => {
  const names = rendered([{ org_id: 'a-b' }, { org_id: 'a_b' }, { org_id: 'A-B' }, { org_id: 'A_B' }]).map(
    ([, name]) => name,
  );
  expect(new Set(names).size).toBe(4);
});

test('the second record of an org is rejected', () => {
  expect(rejected([{ org_id: 'a' }, { org_id: 'a' }])).toEqual([
    'a: warehouses[1].org_id is the id of warehouses[0] too; an org has one record',
  ]);
  expect(rendered([{ org_id: 'a' }, { org_id: 'a' }])).toEqual([['a', 'lakekeeper-a']]);
});

describe('two orgs that clash', () => {
  const uuid = { org_id: '018d351a-9ff7-0000-eaff-4628875ad045' };
  const hex = { org_id: '018d351a9ff70000eaff4628875ad045' };

  test('by name: the first keeps it, the second is rejected and the problem names the first', () => {
    expect(rendered([uuid, hex])).toEqual([[uuid.org_id, 'lakekeeper-018d351a9ff70000eaff4628875ad045']]);
    expect(rejected([uuid, hex])).toEqual([
      expect.stringMatching(
        /^018d351a9ff7.*the name lakekeeper-018d351a9ff7\w+ belongs to org "018d351a-9ff7-[\w-]+" already/,
      ),
    ]);
    expect(rendered([hex, uuid])).toEqual([[hex.org_id, 'lakekeeper-018d351a9ff70000eaff4628875ad045']]);
  });

  test('by name: one that is registered keeps what it has, wherever it stands', () => {
    expect(rendered([uuid, { ...hex, ...at('lakekeeper-018d351a9ff70000eaff4628875ad045') }])).toEqual([
      [hex.org_id, 'lakekeeper-018d351a9ff70000eaff4628875ad045'],
    ]);
  });

  test('by a recorded endpoint of another org: that org keeps its name when it is registered', () => {
    expect(
      rendered([
        { org_id: 'acme', ...at('lakekeeper-acme') },
        { org_id: 'evil', ...at('lakekeeper-acme') },
      ]),
    ).toEqual([['acme', 'lakekeeper-acme']]);
  });

  test('and an override resolves it', () => {
    expect(
      rendered([uuid, hex], { orgs: { [hex.org_id]: { name: 'lakekeeper-hex', database: 'hex' } } }),
    ).toHaveLength(2);
  });

  test('with the operator\'s metrics Service: "acme" excludes "acme-metrics"', () => {
    expect(rejected([{ org_id: 'acme' }, { org_id: 'acme-metrics' }])).toEqual([
      expect.stringMatching(/^acme-metrics: .*the Service lakekeeper-acme-metrics belongs to org "acme"/),
    ]);
    expect(rejected([{ org_id: 'acme-metrics' }, { org_id: 'acme' }])).toEqual([
      expect.stringMatching(/^acme: .*the Service lakekeeper-acme-metrics belongs to org "acme-metrics"/),
    ]);
    expect(
      rejected([{ org_id: 'acme' }, { org_id: 'acme-metrics' }], { tenancy: 'namespacePerOrg' }),
    ).toEqual([]);
  });

  test('by a setting that may hold a credential, which is not repeated', () => {
    const store = {
      provisioning: 'preProvisioned',
      host: 'postgres.example.com',
      database: 'Server=127.0.0.1;User Id=app;Password=TopSecret;',
      user: 'app',
      password: { secret: { namespace: 'ducklings', name: 'app', key: 'password' } },
    };
    const settings = { metadataStores: { external: store } } as SettingsOverrides;
    const problems = rejected([{ org_id: 'a' }, { org_id: 'b' }], settings).join();
    expect(problems).toMatch(/the database \(not repeated, .*\) belongs to org "a" already/);
    expect(problems).not.toContain('TopSecret');
  });

  test('with our own objects: no org name is one of them', () => {
    expect(
      rejected(
        ['acme', 'acme-register', 'acme-prepare', 'acme-registration', 'acme-server', 'acme-amendments'].map(
          (org_id) => ({ org_id }),
        ),
      ),
    ).toEqual([]);
  });

  test('by label, when an id equals the hashed label of another org', () => {
    expect(rejected([{ org_id: 'a/b' }, { org_id: `a-b-${'c14cddc0'}` }])).toEqual([
      expect.stringMatching(/belongs to org "a\/b" already/),
    ]);
  });

  test('by database on one server, also pre-provisioned', () => {
    const shared = {
      metadata_store_kind: 'cnpg-shard',
      metadata_store_endpoint: 'Shard.example.com',
      metadata_store_username: 'u',
    };
    expect(
      rejected([
        { org_id: 'a', ...shared, metadata_store_database_name: 'd' },
        {
          org_id: 'b',
          ...shared,
          metadata_store_endpoint: 'shard.example.com',
          metadata_store_database_name: 'd',
        },
      ]),
    ).toEqual([expect.stringMatching(/^b: .*the database d on shard\.example\.com:5432 belongs to org "a"/)]);
  });

  test('by an audience that an override makes equal', () => {
    const audience = 'shared-{org}';
    const external = { mode: 'openID', issuer: 'cluster', providerURI: 'https://oidc.example.com' } as const;
    const orgs = {
      a: { authentication: { ...external, audience: 'x-{name}' } },
      b: { authentication: { ...external, audience } },
    };
    expect(rejected([{ org_id: 'a' }, { org_id: 'b' }], { orgs })).toEqual([]);
  });

  test.each([
    ['lake', 'lake', true],
    ['lake', 'lake/b', true],
    ['lake/a', 'lake', true],
    ['', 'lake', true],
    ['lake/a', 'lake/b', false],
    ['lake', 'lakes', false],
  ])('by place in one bucket: %j and %j, clash %j', (first, second, clash) => {
    const store = (keyPrefix: string) =>
      ({
        type: 's3',
        region: 'r',
        keyPrefix,
        credential: platform().dataStores.s3bucket?.credential,
      }) as never;
    const settings = { dataStores: { one: store(first || '/'), two: store(second || '/') } };
    const rows = [
      { org_id: 'a', data_store_kind: 'one', data_store_bucket_name: 'shared' },
      { org_id: 'b', data_store_kind: 'two', data_store_bucket_name: 'shared' },
    ];
    expect(rejected(rows, settings)).toEqual(
      clash ? [expect.stringMatching(/^b: .*is inside that of org "a", or around it/)] : [],
    );
  });
});

describe('places in other clouds', () => {
  const gcs = otherStores.gcs.s3bucket;
  const adls = { ...otherStores.adls.s3bucket, filesystem: 'shared' };
  const clashes = (one: object, two: object) => {
    const dataStores = { one: { ...one, keyPrefix: 'lake' }, two: { ...two, keyPrefix: 'lake/b' } } as never;
    const rows = ['one', 'two'].map((kind) => ({
      org_id: `org-${kind}`,
      data_store_kind: kind,
      data_store_bucket_name: 'shared',
    }));
    return rejected(rows, { dataStores });
  };

  test('clash in one bucket, and the problem has the URL as engines write it', () => {
    expect(clashes(gcs, gcs)).toEqual([
      expect.stringContaining('the place gs://shared/lake/b is inside that of org "org-one"'),
    ]);
    expect(clashes(adls, { ...adls, host: 'dfs.core.windows.net' })).toEqual([
      expect.stringContaining('the place abfss://shared@lakeaccount.dfs.core.windows.net/lake/b is inside'),
    ]);
  });

  test('do not clash in the other account, behind the other host, or in the other cloud', () => {
    expect(clashes(adls, { ...adls, accountName: 'otheraccount' })).toEqual([]);
    expect(clashes(adls, { ...adls, host: 'dfs.core.chinacloudapi.cn' })).toEqual([]);
    expect(clashes(gcs, adls)).toEqual([]);
    expect(clashes(gcs, { ...platform().dataStores.s3bucket, region: 'r' })).toEqual([]);
  });
});

test('a rejected or skipped org keeps its name: no other org takes over its running objects', () => {
  const broken = { org_id: '018d351a-9ff7-0000-eaff-4628875ad045', state: 1 };
  const hex = { org_id: '018d351a9ff70000eaff4628875ad045' };
  expect(rendered([broken, hex])).toEqual([]);
  expect(rendered([{ ...broken, state: 'deleting' }, hex])).toEqual([]);
});

test('catalogs are sorted by name, whatever the order of the records', () => {
  const rows = [{ org_id: 'b' }, { org_id: 'a' }, { org_id: 'off', iceberg_enabled: false }];
  expect(rendered(rows)).toEqual([
    ['a', 'lakekeeper-a'],
    ['b', 'lakekeeper-b'],
  ]);
  expect(rendered([...rows].reverse())).toEqual(rendered(rows));
});

test('what is skipped or rejected has the name that its catalog has, or would have', () => {
  const { skipped, rejected } = fleet([
    { org_id: 'off', iceberg_enabled: false },
    { org_id: 7 },
    { org_id: 'bad', metadata_store_endpoint: '' },
  ]);
  expect([...skipped, ...rejected].map(({ name }) => name)).toEqual([
    'lakekeeper-off',
    undefined,
    'lakekeeper-bad',
  ]);
});

test('an org that is rejected for a clash claims nothing', () => {
  const rows = [{ org_id: 'first' }, { org_id: 'clashing' }, { org_id: 'third' }];
  const settings = {
    orgs: {
      clashing: { database: 'lakekeeper_first', lakekeeperWarehouse: 'sought' },
      third: { lakekeeperWarehouse: 'sought' },
    },
  };
  expect(rejected(rows, settings)).toEqual([expect.stringContaining('clashing: ')]);
  expect(rendered(rows, settings).map(([org]) => org)).toEqual(['first', 'third']);
});

test('of thousands of orgs too, a later one that is registered takes a name', () => {
  const rows = Array.from({ length: 3000 }, (_, i) => ({
    org_id: `org-${i}`,
    ...(i % 1000 === 999 ? at(`lakekeeper-org-${i - 999}`) : {}),
  }));
  const { catalogs, rejected } = fleet(rows);
  expect(rejected.map(({ org }) => org)).toEqual(['org-0', 'org-1000', 'org-2000']);
  expect(catalogs).toHaveLength(2997);
  expect(catalogs.slice(0, 2).map(orgAndName)).toEqual([
    ['org-999', 'lakekeeper-org-0'],
    ['org-1', 'lakekeeper-org-1'],
  ]);
});

test('overrides for orgs that the source does not have are named', () => {
  expect(fleet([{ org_id: 'acme' }], { orgs: { acme: {}, amce: {} } }).unknownOverrides).toEqual(['amce']);
});

test('of any fleet, every org has one result, and no two catalogs share anything', () => {
  fc.assert(
    fc.property(fc.array(orgIds, { maxLength: 30 }), (orgs) => {
      const { catalogs, skipped, rejected } = fleet(orgs.map((org_id) => ({ org_id })));
      expect(catalogs.length + skipped.length + rejected.length).toBe(orgs.length);
      for (const key of ['kubernetes', 'orgLabel', 'lakekeeperWarehouse', 'oauthClientId'] as const)
        expect(new Set(catalogs.map(({ names }) => names[key])).size).toBe(catalogs.length);
      expect(new Set(catalogs.map(({ metadataStore }) => metadataStore.database)).size).toBe(catalogs.length);
      expect(new Set(catalogs.map(({ org }) => org)).size).toBe(catalogs.length);
    }),
    { numRuns: 200 },
  );
});

test('the catalog of an org does not depend on other orgs', () => {
  fc.assert(
    fc.property(fc.uniqueArray(orgIds, { minLength: 1, maxLength: 10 }), (orgs) => {
      const rows = orgs.map((org_id, i) => ({
        org_id,
        data_store_bucket_name: `bucket-of-${i}`,
        duckling_name: `of-${i}`,
      }));
      const together = fleet(rows).catalogs;
      for (const alone of rows.flatMap((row) => fleet([row]).catalogs)) {
        const here = together.find(({ org }) => org === alone.org);
        if (here !== undefined) expect(here).toEqual(alone);
      }
    }),
    { numRuns: 100 },
  );
});
