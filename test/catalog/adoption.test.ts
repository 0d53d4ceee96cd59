import { describe, expect, test } from 'vitest';
import { adopt } from '../../src/catalog/adoption.ts';
import { type Columns, platform, record, type SettingsOverrides } from '../support/fleet.ts';

const endpoint = (host: string) => ({ iceberg_lakekeeper_endpoint: `http://${host}:8181/catalog` });
const adopted = (org: string, columns: Columns = {}, settings: SettingsOverrides = {}) =>
  adopt(record(org, columns), platform(settings));

test('a new org has the derived names', () => {
  expect(adopted('acme')).toEqual({
    kubernetes: 'lakekeeper-acme',
    database: 'lakekeeper_acme',
    lakekeeperWarehouse: 'org-acme',
    problems: [],
  });
});

test('a registered org keeps the name in its recorded endpoint', () => {
  expect(adopted('acme', endpoint('iceberg-acme.lakekeeper.svc'))).toMatchObject({
    kubernetes: 'iceberg-acme',
    database: 'lakekeeper_acme',
    problems: [],
  });
});

test.each(['lakekeeper-acme.lakekeeper.svc', 'lakekeeper-acme.lakekeeper.svc.cluster.local'])(
  '%s is a host with a name in it',
  (host) => {
    expect(adopted('acme', endpoint(host))).toMatchObject({ kubernetes: 'lakekeeper-acme', problems: [] });
  },
);

test('with a namespace per org, that namespace is the name', () => {
  expect(
    adopted('acme', endpoint('iceberg-acme.iceberg-acme.svc'), { tenancy: 'namespacePerOrg' }),
  ).toMatchObject({ kubernetes: 'iceberg-acme', problems: [] });
});

test('a registered org keeps the warehouse name that is recorded', () => {
  const columns = { ...endpoint('lakekeeper-acme.lakekeeper.svc'), iceberg_lakekeeper_warehouse: 'org-ACME' };
  expect(adopted('acme', columns).lakekeeperWarehouse).toBe('org-ACME');
});

test('a recorded warehouse name without an endpoint is not used', () => {
  expect(adopted('acme', { iceberg_lakekeeper_warehouse: 'other' }).lakekeeperWarehouse).toBe('org-acme');
});

describe('an org that is retired has no endpoint', () => {
  const retired = { iceberg_state: 'retired', iceberg_lakekeeper_endpoint: '' };
  const secret = (name: string) => ({ iceberg_lakekeeper_client_credentials_name: name });

  test('and keeps the names that are recorded otherwise', () => {
    const columns = { ...retired, ...secret('lakekeeper-acme-corp'), iceberg_lakekeeper_warehouse: 'kept' };
    expect(adopted('ACME-Corp', columns)).toEqual({
      kubernetes: 'lakekeeper-acme-corp',
      database: 'lakekeeper_acme_corp',
      lakekeeperWarehouse: 'kept',
      problems: [],
    });
    expect(
      adopted('ACME-Corp', columns, { orgs: { 'ACME-Corp': { name: 'another' } } } as SettingsOverrides),
    ).toMatchObject({ kubernetes: 'another' });
    expect(adopted('acme', retired)).toMatchObject({ kubernetes: 'lakekeeper-acme', problems: [] });
  });

  test('and a name that is none of a catalog is refused, with what to do', () => {
    const { problems } = adopted('acme', { ...retired, ...secret('Not a name') });
    expect(problems).toEqual([
      {
        at: 'warehouses[acme].iceberg_lakekeeper_client_credentials_name',
        message: expect.stringMatching(/^is no name of a catalog, .*or state .* as orgs\."acme"\.name/),
      },
    ]);
  });

  test('but the Secret of an org that is not retired names no catalog', () => {
    expect(adopted('acme', { ...secret('other'), iceberg_state: 'failed' })).toMatchObject({
      kubernetes: 'lakekeeper-acme',
    });
  });
});

// Incidents 33 and 37, and the weak spot of docs/facts/duckgres-warehouse-row.md §5.3: a database that is there already
// must not be left behind.
test('an org of the former controller keeps the database that it made', () => {
  expect(adopted('ACME-Corp', endpoint('lakekeeper-acme-corp.lakekeeper.svc'))).toMatchObject({
    kubernetes: 'lakekeeper-acme-corp',
    database: 'lakekeeper_acme_corp',
  });
});

describe('an endpoint that names no catalog here is refused, with what to do', () => {
  test.each([
    ['not a url', /is not an http\(s\) URL/],
    ['ftp://lakekeeper-acme.lakekeeper.svc/catalog', /is not an http\(s\) URL/],
    ['http://user:hunter2@lakekeeper-acme.lakekeeper.svc/catalog', /without credentials/],
    [
      'https://catalog.example.com/acme',
      /has the host catalog\.example\.com; expected <name>\.<namespace>\.svc/,
    ],
    [
      'http://lakekeeper-acme.elsewhere.svc:8181/catalog',
      /is in the namespace elsewhere; the settings say lakekeeper/,
    ],
    [`http://lakekeeper-${'a'.repeat(36)}.lakekeeper.svc:8181/catalog`, /at most 46 characters/],
  ])('%s', (iceberg_lakekeeper_endpoint, message) => {
    const { problems } = adopted('acme', { iceberg_lakekeeper_endpoint });
    expect(problems).toHaveLength(1);
    expect(problems[0]?.at).toBe('warehouses[acme].iceberg_lakekeeper_endpoint');
    expect(problems[0]?.message).toMatch(message);
    expect(problems[0]?.message).toMatch(/orgs\."acme"\.name/);
    expect(problems[0]?.message).not.toContain('hunter2');
  });

  test('and an override is accepted', () => {
    const settings = {
      orgs: { acme: { name: 'lakekeeper-acme', database: 'iceberg', lakekeeperWarehouse: 'w' } },
    };
    expect(adopted('acme', { iceberg_lakekeeper_endpoint: 'https://catalog.example.com' }, settings)).toEqual(
      {
        kubernetes: 'lakekeeper-acme',
        database: 'iceberg',
        lakekeeperWarehouse: 'w',
        problems: [],
      },
    );
  });
});

test('an endpoint of the rendered form is read also when it is outside of the cluster', () => {
  const settings = { catalog: { server: { baseURI: 'https://{name}.lake.example.com' } } };
  expect(
    adopted(
      'acme',
      { iceberg_lakekeeper_endpoint: 'https://lakekeeper-acme.lake.example.com/catalog' },
      settings,
    ),
  ).toMatchObject({ kubernetes: 'lakekeeper-acme', problems: [] });
});

test('a recorded warehouse name that the catalog would misread is refused', () => {
  const columns = {
    ...endpoint('lakekeeper-acme.lakekeeper.svc'),
    iceberg_lakekeeper_warehouse: 'project/warehouse',
  };
  expect(adopted('acme', columns).problems).toEqual([
    {
      at: 'warehouses[acme].iceberg_lakekeeper_warehouse',
      message: expect.stringMatching(/is not a warehouse name/),
    },
  ]);
});

test('an id like "constructor" has no overrides', () => {
  expect(adopted('constructor')).toMatchObject({ kubernetes: 'lakekeeper-constructor', problems: [] });
  expect(adopted('__proto__').problems).toEqual([]);
});
