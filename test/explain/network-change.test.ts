import { describe, expect, test } from 'vitest';
import { baseSettings } from '../support/fleet.ts';
import { changesAfterEdit, changesOf } from '../support/plan.ts';

const network = (more: object) => ({ settings: { network: { ...baseSettings.network, ...more } } });
const reach = (changes: ReturnType<typeof changesOf>) =>
  changes.filter(({ kind }) => kind.startsWith('network')).map(({ kind, what }) => `${kind}: ${what}`);

describe('settings of the network', () => {
  test('another range of Postgres opens and closes, for every kind of pod that needs it', () => {
    expect(reach(changesOf({}, network({ postgres: [{ cidr: '10.30.0.0/16' }] })))).toEqual([
      'networkOpened: catalog and migration pods → 10.30.0.0/16, port 5432/TCP',
      'networkOpened: registration pods → 10.30.0.0/16, port 5432/TCP',
      'networkClosed: catalog and migration pods → 10.20.0.0/16, port 5432/TCP',
      'networkClosed: registration pods → 10.20.0.0/16, port 5432/TCP',
    ]);
  });

  test('a narrower range only closes', () => {
    expect(reach(changesOf({}, network({ objectStore: [{ cidr: '52.1.0.0/16' }] })))).toEqual([
      'networkClosed: catalog pods → 52.0.0.0/8, port 443/TCP',
    ]);
  });

  test('fewer labels of the workers open the catalog to more pods', () => {
    const workers = (podSelector: Record<string, string>) => ({
      settings: { workers: { namespace: 'duckgres', podSelector } },
    });
    expect(
      reach(
        changesOf(
          workers({ app: 'worker', 'duckgres/active-org': '{org}' }),
          workers({ 'duckgres/active-org': '{org}' }),
        ),
      ),
    ).toEqual(['networkOpened: pods duckgres/active-org=acme in duckgres → catalog pods, port 8181/TCP']);
  });

  test('authentication opens the connection from the catalog to the API server', () => {
    const amended = { operator: { amendments: true } };
    expect(
      reach(
        changesOf(
          { settings: amended },
          { settings: { ...amended, authentication: { mode: 'kubernetes' } } },
        ),
      ),
    ).toEqual(['networkOpened: catalog pods → 10.0.0.1/32, port 6443/TCP']);
  });
});

describe('policies of Cilium', () => {
  const cilium = (more: object) => network({ policies: 'cilium', ...more });

  test('entities and names are connections as others are', () => {
    expect(
      reach(
        changesOf(
          network({ objectStore: [{ cidr: '52.0.0.0/8' }] }),
          cilium({
            objectStore: [{ fqdn: '*.s3.example.com' }, { fqdn: 's3.example.com' }],
            apiServer: [{ entity: 'kube-apiserver' }],
          }),
        ),
      ),
    ).toEqual([
      'networkOpened: catalog pods → *.s3.example.com, port 443/TCP',
      'networkOpened: catalog pods → s3.example.com, port 443/TCP',
      'networkOpened: registration pods → entity kube-apiserver, port 443/TCP',
      'networkClosed: catalog pods → 52.0.0.0/8, port 443/TCP',
      'networkClosed: registration pods → 10.0.0.1/32, port 6443/TCP',
    ]);
  });

  test('DNS by the proxy is DNS as before', () => {
    const changes = reach(changesOf(cilium({}), cilium({ objectStore: [{ fqdn: 's3.example.com' }] })));
    expect(changes).toEqual([
      'networkOpened: catalog pods → s3.example.com, port 443/TCP',
      'networkClosed: catalog pods → 52.0.0.0/8, port 443/TCP',
    ]);
  });

  test('a rule of another form cannot be told', () => {
    const situation = cilium({ apiServer: [{ entity: 'kube-apiserver' }] });
    const edit = (text: string) => text.replace('toEntities:', 'toServices:');
    expect(reach(changesAfterEdit(edit, situation))).toEqual([
      'networkUnclear: CiliumNetworkPolicy lakekeeper-acme-register',
    ]);
  });
});

describe('policies edited by hand', () => {
  const edit = (from: string | RegExp, to: string) =>
    reach(
      changesAfterEdit((text, path) =>
        path.endsWith('network-policies.yaml') ? text.replace(from, to) : text,
      ),
    );

  test('workers of another org that were allowed are closed out again', () => {
    expect(edit('duckgres/active-org: acme', 'duckgres/active-org: globex')).toEqual([
      'networkOpened: pods duckgres/active-org=acme in duckgres → catalog pods, port 8181/TCP',
      'networkClosed: pods duckgres/active-org=globex in duckgres → catalog pods, port 8181/TCP',
    ]);
  });

  test('a rule without peers is reported as closed', () => {
    expect(edit(/ingress:\n {4}- from:\n(.*\n)*? {6}ports:/, 'ingress:\n    - ports:')).toEqual([
      'networkClosed: everybody → catalog pods, port 8181/TCP',
    ]);
  });

  test.each([
    [
      'pods by expressions',
      / podSelector:\n {4}matchLabels:\n/,
      ' podSelector:\n    matchExpressions: [{ key: app, operator: Exists }]\n    matchLabels:\n',
    ],
    ['what Kubernetes would not take', ' policyTypes:\n    - Ingress', ' policyTypes:\n    - Inwards'],
  ])('%s is reported as unknown, and the other rules are compared', (_, from, to) => {
    expect(edit(from, to)).toEqual(['networkUnclear: NetworkPolicy lakekeeper-acme-metadata-store']);
  });
});
