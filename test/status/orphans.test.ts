import { expect, test } from 'vitest';
import type { FleetObservation } from '../../src/status/fleet-observation.ts';
import { type KnownOrgs, knownOrgs } from '../../src/status/known-orgs.ts';
import { findOrphans } from '../../src/status/orphans.ts';
import { readWorkTree } from '../../src/tree/work-tree.ts';
import { fleet, platform, type Row, type SettingsOverrides } from '../support/fleet.ts';
import { findingsOf } from '../support/status-scene.ts';
import { withDirectory } from '../support/tree.ts';

const known = (rows: readonly Row[], overrides: SettingsOverrides = {}): Promise<KnownOrgs> =>
  withDirectory(async (out) => {
    const settings = platform(overrides);
    return knownOrgs(fleet(rows, settings), settings, await readWorkTree(out), undefined);
  });

interface There {
  readonly lakekeepers?: readonly string[];
  readonly secrets?: readonly string[];
  /** The databases that each admin lists, all on one server. */
  readonly databases?: readonly (readonly string[])[];
}

/** @param there objects by `namespace/name`. */
function observed({ lakekeepers = [], secrets = [], databases = [] }: There): FleetObservation {
  const objects = (paths: readonly string[]) => ({
    value: new Map(
      paths.map((path) => {
        const [namespace, name] = path.split('/');
        return [path, { metadata: { namespace, name } }];
      }),
    ),
  });
  const servers = databases.map((names, i) => {
    const byName = new Map(names.map((name) => [name, { owner: 'somebody' }]));
    const user = `lakekeeper_admin_${i}`;
    const admin = { login: user, user: 'lakekeeper_admins', database: 'lakekeeper_admin' };
    const connection = { host: 'pg', port: 5432, user, database: 'postgres' };
    const roles = new Map(
      ['lakekeeper_admin_0', 'lakekeeper_admin_1', 'lakekeeper_admins'].map((role) => [role, {}]),
    );
    const server = { address: 'pg:5432', databases: byName, roles, admin, connection };
    return [`admin ${i}`, { value: server }] as const;
  });
  return {
    cluster: { lakekeepers: objects(lakekeepers), secrets: objects(secrets), configMaps: objects([]) },
    stores: new Map(servers),
    tables: new Map(),
  } as unknown as FleetObservation;
}

const said = (there: There, orgs: KnownOrgs) => findOrphans(observed(there), orgs).map(findingsOf).join('\n');

const acme = { org_id: 'acme' };

test('an object with the name of an org in another namespace is an orphan, once the org is committed', async () => {
  const objects = (...places: string[]) => ({ lakekeepers: places, secrets: places });
  const before = await known([acme], { tenancy: 'namespacePerOrg' });
  const of = (committed: 'same' | 'differs') => ({
    ...before,
    orgs: before.orgs.map((one) => ({ ...one, committed: { value: committed } })),
  });
  expect(said(objects('lakekeeper-acme/lakekeeper-acme'), of('same'))).toBe('');
  expect(said(objects('former/lakekeeper-acme'), of('differs'))).toBe('');
  expect(said(objects('former/lakekeeper-acme'), of('same'))).toBe(
    [
      'orphan: catalog: no org owns the Lakekeeper resource former/lakekeeper-acme',
      'orphan: Secret: no org owns the Secret former/lakekeeper-acme',
    ].join('\n'),
  );
  const two = findOrphans(observed(objects('a/lakekeeper-acme', 'b/lakekeeper-acme')), of('same'));
  expect(two.map(({ namespace }) => namespace)).toEqual(['a', 'b']);
});

test('the admins of a server, and the database of their logins, are no orphans', async () => {
  const databases = [['lakekeeper_acme', 'lakekeeper_admin'], ['lakekeeper_admin']];
  expect(said({ databases }, await known([acme]))).toBe('');
});

test('an admin whose login fails is no orphan on the server that another admin lists', async () => {
  const password = { secret: { namespace: 'ducklings', name: 'admin', key: 'password' } };
  const admin = { user: 'lakekeeper_admin_0', database: 'lakekeeper_admin', password };
  const orgs = await known([acme], { metadataStores: { external: { provisioning: 'admin', admin } } });
  const [[failed], [key, server]] = [...observed({ databases: [[], ['lakekeeper_admin']] }).stores] as [
    [string],
    [string, { value: object }],
  ];
  const stores = new Map<string, object>([
    [failed, { unknown: 'no answer' }],
    [key, server],
  ]);
  const fleet = { ...observed({}), stores } as unknown as FleetObservation;
  expect(findOrphans(fleet, orgs).map(findingsOf)).toEqual(['unknown: metadata store: no answer']);
});

test('the command that shows an orphan database names its server, and quotes its name for shell and psql', async () => {
  const shown = async (name: string) =>
    findOrphans(observed({ databases: [[name], []] }), await known([])).flatMap(({ findings }) =>
      findings.map(({ command }) => command),
    );
  const login = 'psql --host pg --port 5432 --username lakekeeper_admin_0 --dbname postgres --command';
  expect(await shown('lakekeeper_gone')).toEqual([`${login} '\\l+ "lakekeeper_gone"'`]);
  expect(await shown(`lakekeeper_*'"; $(id)`)).toEqual([`${login} '\\l+ "lakekeeper_*'\\''""; $(id)"'`]);
});

test('what two admins of one server list is listed once', async () => {
  const databases = [['lakekeeper_acme', 'lakekeeper_gone'], ['lakekeeper_gone']];
  expect(said({ databases }, await known([acme]))).toBe(
    'orphan: metadata store: no org owns the database lakekeeper_gone on pg:5432',
  );
});

test('beside a record without an org id nothing is called an orphan, and it is said that nobody searched', async () => {
  const orgs = await known([acme, { org_id: '' }]);
  const there = {
    lakekeepers: ['lakekeeper/lakekeeper-gone'],
    secrets: ['lakekeeper/lakekeeper-gone'],
    databases: [['lakekeeper_gone']],
  };
  expect(findOrphans(observed(there), orgs)).toMatchObject([
    {
      ...{ name: '(orphans)', verdict: 'unknown' },
      findings: [
        {
          ...{ verdict: 'unknown', subject: 'record' },
          what: 'orphans were not searched for: a record has no org id, so any object may be that of its org',
        },
      ],
    },
  ]);
});

test('where Secrets cannot be read, no database is an orphan: it may be kept for an org that is retired', async () => {
  const there = observed({ databases: [['lakekeeper_gone']] });
  const unread = { ...there, cluster: { ...there.cluster, secrets: { unknown: '403' } } };
  const found = findOrphans(unread, await known([acme]));
  expect(found.map(({ name, verdict }) => [name, verdict])).toEqual([['(orphans)', 'unknown']]);
  expect(found.map(findingsOf).join('\n')).toBe(
    [
      'unknown: Secret: 403',
      'unknown: metadata store: orphans were not searched for: a database may be kept for an org that is retired, ' +
        'and the Secrets that say so were not read',
    ].join('\n'),
  );
});
