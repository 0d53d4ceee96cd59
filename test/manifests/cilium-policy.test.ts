import { describe, expect, test } from 'vitest';
import { warnings } from '../../src/platform/settings-warnings.ts';
import {
  baseSettings,
  catalog,
  fleetObjects,
  type Manifest,
  platform,
  type SettingsOverrides,
  systemIdentity,
} from '../support/fleet.ts';

interface Policy extends Manifest {
  readonly spec: {
    readonly egress?: unknown[];
    readonly ingress?: unknown[];
    readonly [field: string]: unknown;
  };
}
/** The policies of a kind, by name. The settings of the network are those of the base where they say nothing. */
function policies(
  kind: string,
  network: object,
  more: SettingsOverrides = {},
): Record<string, Policy['spec']> {
  const settings = platform({
    ...more,
    network: { ...baseSettings.network, ...network },
  } as SettingsOverrides);
  const objects = fleetObjects([catalog('acme', settings)], settings) as Policy[];
  const found = objects.filter((object) => object.kind === kind);
  return Object.fromEntries(found.map(({ metadata, spec }) => [metadata.name, spec]));
}
const cilium = (network: object, more: SettingsOverrides = {}) =>
  policies('CiliumNetworkPolicy', { policies: 'cilium', ...network }, more);
const tcp = (port: number) => [{ ports: [{ port: String(port), protocol: 'TCP' }] }];
const server = {
  'app.kubernetes.io/name': 'lakekeeper',
  'app.kubernetes.io/managed-by': 'lakekeeper-operator',
  'app.kubernetes.io/instance': 'lakekeeper-acme',
};

describe('CiliumNetworkPolicies', () => {
  test('there are none without network.policies cilium, nor with it where ranges and pods do', () => {
    expect(policies('CiliumNetworkPolicy', {})).toEqual({});
    expect(cilium({})).toEqual({});
  });

  test('have entities, by the policies and pods that need them', () => {
    const found = cilium({
      apiServer: [{ entity: 'kube-apiserver', ports: [6443] }],
      postgres: [{ entity: 'remote-node' }, { entity: 'host' }, { cidr: '10.20.0.0/16' }],
    });
    const postgres = { toEntities: ['remote-node', 'host'], toPorts: tcp(5432) };
    expect(Object.keys(found).sort()).toEqual(['lakekeeper-acme-metadata-store', 'lakekeeper-acme-register']);
    expect(found['lakekeeper-acme-metadata-store']).toEqual({
      endpointSelector: {
        matchLabels: {
          'app.kubernetes.io/name': 'lakekeeper',
          'app.kubernetes.io/instance': 'lakekeeper-acme',
        },
      },
      egress: [postgres],
    });
    expect(found['lakekeeper-acme-register']?.egress).toEqual(
      expect.arrayContaining([{ toEntities: ['kube-apiserver'], toPorts: tcp(6443) }, postgres]),
    );
  });

  test('the NetworkPolicies keep what they can match, and isolate as before', () => {
    const found = policies('NetworkPolicy', {
      policies: 'cilium',
      postgres: [{ entity: 'remote-node' }, { cidr: '10.20.0.0/16' }],
      objectStore: [{ fqdn: 's3.example.com' }],
    });
    expect(JSON.stringify(found['lakekeeper-acme-metadata-store'])).toContain('10.20.0.0/16');
    for (const spec of Object.values(found)) expect(spec).not.toMatchObject({ egress: [] });
    expect(found['lakekeeper-acme-server']).toMatchObject({ policyTypes: ['Ingress', 'Egress'] });
    expect(found['default-deny']).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  });

  test('have names of object stores, in which the org may be, with their port', () => {
    const found = cilium({
      objectStore: [
        { fqdn: 's3.eu-central-1.amazonaws.com' },
        { fqdn: '*-{org}.s3.eu-central-1.amazonaws.com', ports: [443, 8443] },
      ],
    });
    expect(found['lakekeeper-acme-server']).toEqual({
      endpointSelector: { matchLabels: server },
      egress: [
        { toFQDNs: [{ matchName: 's3.eu-central-1.amazonaws.com' }], toPorts: tcp(443) },
        {
          toFQDNs: [{ matchPattern: '*-acme.s3.eu-central-1.amazonaws.com' }],
          toPorts: [
            {
              ports: [
                { port: '443', protocol: 'TCP' },
                { port: '8443', protocol: 'TCP' },
              ],
            },
          ],
        },
      ],
    });
  });

  test('with a name, all DNS goes through the proxy that learns its addresses; without, none does', () => {
    const dns = [
      { namespace: 'kube-system', podSelector: { 'k8s-app': 'kube-dns' } },
      { cidr: '10.0.0.2/32' },
      { entity: 'host' },
    ];
    const toPorts = [
      {
        ports: [
          { port: '53', protocol: 'UDP' },
          { port: '53', protocol: 'TCP' },
        ],
        rules: { dns: [{ matchPattern: '*' }] },
      },
    ];
    const byName = { dns, objectStore: [{ fqdn: 's3.example.com' }] };
    const found = cilium(byName);
    for (const name of ['lakekeeper-acme-metadata-store', 'lakekeeper-acme-register'])
      expect(found[name]?.egress).toEqual([
        {
          toEndpoints: [
            { matchLabels: { 'k8s:io.kubernetes.pod.namespace': 'kube-system', 'k8s-app': 'kube-dns' } },
          ],
          toPorts,
        },
        { toCIDRSet: [{ cidr: '10.0.0.2/32' }], toPorts },
        { toEntities: ['host'], toPorts },
      ]);
    // A rule without the proxy, beside the one with it, would be another way to the same servers.
    expect(JSON.stringify(policies('NetworkPolicy', { policies: 'cilium', ...byName }))).not.toContain('53');
    const { 'lakekeeper-acme-register': register } = cilium({ dns });
    expect(register?.egress).toEqual([{ toEntities: ['host'], toPorts: [{ ports: toPorts[0]?.ports }] }]);
  });

  test('let catalogs reach the EKS Pod Identity agent on the node, which Cilium matches by no address', () => {
    const found = cilium(
      {},
      {
        operator: { amendments: true },
        identity: { provider: 'eksPodIdentity' },
        dataStores: systemIdentity,
      },
    );
    expect(found).toEqual({
      'lakekeeper-acme-server': {
        endpointSelector: { matchLabels: server },
        egress: [{ toEntities: ['host'], toPorts: tcp(80) }],
      },
    });
  });

  test('let the repair reach what the Jobs of all orgs reach', () => {
    const found = cilium(
      { apiServer: [{ entity: 'kube-apiserver' }], postgres: [{ fqdn: 'pg-{org}.example.com' }] },
      { repair: { schedule: '0 3 * * *' } },
    );
    expect(found['lakekeeper-gitops-repair']?.egress).toEqual(
      expect.arrayContaining([
        { toEntities: ['kube-apiserver'], toPorts: tcp(443) },
        // The ports are those of the rows.
        { toFQDNs: [{ matchPattern: 'pg-*.example.com' }] },
      ]),
    );
  });

  test('admit those who scrape from the machines, to all catalogs', () => {
    const found = cilium({}, { monitoring: [{ entity: 'host' }, { entity: 'remote-node' }] });
    expect(found['admit-monitoring']).toMatchObject({
      ingress: [{ fromEntities: ['host', 'remote-node'], toPorts: tcp(9000) }],
    });
    expect(policies('NetworkPolicy', {})['admit-monitoring']).toBeDefined();
  });
});

describe('peers of Cilium in the settings', () => {
  test.each([
    ['objectStore', { fqdn: 's3.example.com' }],
    ['postgres', { entity: 'host' }],
  ])('%s: %j needs network.policies cilium', (list, peer) => {
    expect(() => cilium({ policies: 'kubernetes', [list]: [peer] })).toThrow(
      new RegExp(`has a problem:\n +network\\.${list}: .*set network\\.policies: cilium`),
    );
  });

  test.each(['dns', 'apiServer'])('%s has no names: pods do not look those up', (list) => {
    expect(() => cilium({ [list]: [{ fqdn: 'a.example.com' }] })).toThrow(
      `network.${list}: has a name (fqdn)`,
    );
  });

  test('nobody is admitted by a name', () => {
    expect(() => cilium({}, { monitoring: [{ fqdn: 'a.example.com' }] } as never)).toThrow(
      'monitoring: has a name (fqdn)',
    );
  });

  test.each(['*', 'localhost', 'S3.example.com', 'a b.example.com', `${'x'.repeat(64)}.com`, 'a..b', '.a.b'])(
    '%j is no name',
    (fqdn) => {
      expect(() => cilium({ objectStore: [{ fqdn }] })).toThrow(
        'network.objectStore[0].fqdn: is not a name in DNS',
      );
    },
  );

  test('a name that fits only some orgs is refused for the others', () => {
    const settings = platform({
      network: {
        ...baseSettings.network,
        policies: 'cilium',
        objectStore: [{ fqdn: 'the-{org}.example.com' }],
      },
    });
    expect(() => catalog('x'.repeat(63), settings)).toThrow(
      /network\.objectStore\.fqdn .* not a name in DNS/,
    );
  });

  test('another entity is refused: world would be everybody', () => {
    expect(() => cilium({ objectStore: [{ entity: 'world' }] })).toThrow(
      'network.objectStore[0].entity: expected "host" or "remote-node" or "kube-apiserver"',
    );
  });

  test('an address of the node for DNS is warned of', () => {
    const network = (policies: string) =>
      ({ network: { ...baseSettings.network, policies, dns: [{ cidr: '169.254.20.10/32' }] } }) as never;
    expect(warnings(platform(network('cilium')))).toEqual([
      { at: 'network.dns', message: expect.stringContaining('use entity: host') },
    ]);
    expect(warnings(platform(network('kubernetes')))).toEqual([]);
  });
});
