import { describe, expect, test } from 'vitest';
import {
  baseSettings,
  type Columns,
  catalog,
  fleetObjects,
  otherStores,
  platform,
  type SettingsOverrides,
  systemIdentity,
  the,
} from '../support/fleet.ts';
import type { NetworkPolicy } from '../support/network.ts';

/** What connectivity.test.ts, with its one set of settings, does not show: what the rules follow. */
function policies(overrides: SettingsOverrides = {}, columns: Columns = {}): NetworkPolicy[] {
  const settings = platform(overrides);
  const objects = fleetObjects([catalog('acme', settings, columns)], settings);
  return objects.filter(({ kind }) => kind === 'NetworkPolicy') as unknown as NetworkPolicy[];
}
const policy = (suffix: string, overrides: SettingsOverrides = {}, columns: Columns = {}) =>
  the<NetworkPolicy>(
    policies(overrides, columns).map((found) => ({ ...found, apiVersion: '', kind: 'NetworkPolicy' })),
    'NetworkPolicy',
    suffix.startsWith('-') ? `lakekeeper-acme${suffix}` : suffix,
  ).spec;
/** The egress rules of a policy, one line each. */
const egress = (...of: Parameters<typeof policy>) =>
  policy(...of).egress?.map(({ to, ports }) => {
    const peers = (to ?? []).map(
      ({ ipBlock, namespaceSelector, podSelector }) =>
        ipBlock?.cidr ??
        namespaceSelector?.matchLabels?.['kubernetes.io/metadata.name'] ??
        JSON.stringify(podSelector?.matchLabels?.['app.kubernetes.io/instance']),
    );
    return `${peers.join(' ')}: ${(ports ?? []).map(({ port, protocol }) => `${port}/${protocol}`).join(' ')}`;
  });

describe('what is there', () => {
  test('three policies for an org, and those of the namespace', () => {
    expect(policies().map(({ metadata }) => metadata.name)).toEqual([
      'default-deny',
      'admit-operator',
      'admit-monitoring',
      'lakekeeper-acme-metadata-store',
      'lakekeeper-acme-server',
      'lakekeeper-acme-register',
    ]);
  });

  test.each(['sharedNamespace', 'namespacePerOrg'] as const)(
    '%s: all of them where the catalogs are',
    (tenancy) => {
      const namespace = tenancy === 'sharedNamespace' ? 'lakekeeper' : 'lakekeeper-acme';
      for (const { metadata } of policies({ tenancy })) expect(metadata.namespace).toBe(namespace);
      expect(policies({ tenancy })).toHaveLength(6);
    },
  );

  test("an org's policies close its pods by themselves, in both directions", () => {
    for (const suffix of ['-metadata-store', '-server', '-register'])
      expect(policy(suffix).policyTypes).toEqual(['Ingress', 'Egress']);
  });

  test('the default deny selects every pod and allows nothing', () => {
    expect(policy('default-deny')).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  });

  test('admissions only admit: what servers may reach is not theirs to say', () => {
    for (const name of ['admit-operator', 'admit-monitoring'])
      expect(policy(name).policyTypes).toEqual(['Ingress']);
  });

  test('a registration Job may leave for its own server alone, though the others would refuse it too', () => {
    const rules = policy('-register').egress?.filter(({ to }) => to?.some(({ podSelector }) => podSelector));
    expect(rules?.at(-1)).toEqual({
      to: [
        {
          podSelector: {
            matchLabels: {
              'app.kubernetes.io/name': 'lakekeeper',
              'app.kubernetes.io/instance': 'lakekeeper-acme',
              'app.kubernetes.io/managed-by': 'lakekeeper-operator',
            },
          },
        },
      ],
      ports: [{ port: 8181, protocol: 'TCP' }],
    });
  });

  test('nobody may scrape where nobody is said to', () => {
    const names = policies({ monitoring: undefined }).map(({ metadata }) => metadata.name);
    expect(names).not.toContain('admit-monitoring');
    expect(JSON.stringify(policies({ monitoring: undefined }))).not.toContain('9000');
  });

  test('no rule is for everybody: each names its peers and its ports', () => {
    for (const { spec } of policies()) {
      const rules = [
        ...(spec.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports })),
        ...(spec.egress ?? []).map(({ to, ports }) => ({ peers: to, ports })),
      ];
      for (const { peers, ports } of rules) {
        expect(peers?.length).toBeGreaterThan(0);
        expect(ports?.length).toBeGreaterThan(0);
      }
    }
  });
});

describe('the object store', () => {
  const at = (endpoint: string | undefined) => ({
    dataStores: {
      s3bucket: {
        ...baseSettings.dataStores.s3bucket,
        ...(endpoint ? { flavor: 's3-compat' as const, endpoint } : {}),
      },
    },
  });
  test.each([
    [undefined, 443],
    ['https://minio.example.com', 443],
    ['http://minio.example.com', 80],
    ['https://minio.example.com:9000', 9000],
    ['http://minio.example.com:9000/', 9000],
  ])('at %s is reached on port %d', (endpoint, port) => {
    expect(egress('-server', at(endpoint))).toEqual([`52.0.0.0/8: ${port}/TCP`]);
  });

  test('of AWS is reached with an identity of the agent, where the platform and the store use one', () => {
    const amended = { operator: { amendments: true } } as const;
    const agent = '169.254.170.23/32 fd00:ec2::23/128: 80/TCP';
    const eks = { identity: { provider: 'eksPodIdentity' } } as const;
    const irsa = { identity: { provider: 'irsa' } } as const;
    const identity = { dataStores: systemIdentity, ...amended };
    expect(egress('-server', { ...identity, ...eks })).toContain(agent);
    expect(egress('-server', { ...identity, ...irsa })).not.toContain(agent);
    expect(egress('-server', { ...amended, ...eks })).not.toContain(agent);
  });
});

describe('the object store of another cloud', () => {
  const server = (store: keyof typeof otherStores, more: SettingsOverrides = {}) =>
    egress('-server', { operator: { amendments: true }, dataStores: otherStores[store], ...more });

  test('is reached on 443, and so is what gives out tokens, unless the settings say another port', () => {
    expect(server('gcs')).toEqual(['52.0.0.0/8: 443/TCP']);
    expect(server('adls')).toEqual(['52.0.0.0/8: 443/TCP']);
    expect(server('adls by key')).toEqual(['52.0.0.0/8: 443/TCP 8443/TCP']);
  });

  test('is reached with an identity of the metadata server', () => {
    expect(server('gcs by identity')).toEqual([
      '52.0.0.0/8: 443/TCP',
      '169.254.169.254/32 fd20:ce::254/128: 80/TCP',
      '169.254.169.252/32: 988/TCP',
    ]);
    expect(server('adls by identity')).toEqual(['52.0.0.0/8: 443/TCP', '169.254.169.254/32: 80/TCP']);
    const eks = { identity: { provider: 'eksPodIdentity' } } as const;
    expect(server('gcs by identity', eks)?.join()).not.toContain('169.254.170.23');
  });
});

describe('Postgres', () => {
  test('is reached on the port of the row by server, migration and Job', () => {
    for (const suffix of ['-metadata-store', '-register'])
      expect(egress(suffix, {}, { metadata_store_port: 6432 })).toContain('10.20.0.0/16: 6432/TCP');
  });

  const url = { name: 'warehouses', key: 'url' };
  const record = { warehouseDatabase: { url, port: 5433 } };
  test('that holds the rows is reached where the settings say', () => {
    const network = { warehouseDatabase: [{ cidr: '10.21.0.0/16' }] };
    expect(egress('-register', { network, registration: { record } })).toContain('10.21.0.0/16: 5433/TCP');
  });

  test('that holds the rows is among the metadata stores, when the settings do not say', () => {
    expect(egress('-register', { registration: { record } })).toContain('10.20.0.0/16: 5433/TCP');
  });

  test('that holds the rows is not reached when the endpoint goes into a ConfigMap', () => {
    const network = { warehouseDatabase: [{ cidr: '10.21.0.0/16' }] };
    const registration = { record: { configMap: true } } as const;
    expect(egress('-register', { network, registration })?.join()).not.toContain('10.21.0.0/16');
    expect(egress('-register', { registration })).toHaveLength(4);
  });
});

describe('peers', () => {
  test('address ranges keep their exceptions', () => {
    const block = { cidr: '0.0.0.0/0', except: ['10.0.0.0/8'] };
    const [rule] = policy('-server', { network: { objectStore: [block] } }).egress ?? [];
    expect(rule?.to).toEqual([{ ipBlock: block }]);
  });

  test('pods are those of a namespace that carry all the labels; without labels, all of it', () => {
    const dns = { namespace: 'dns', podSelector: { app: 'resolver', tier: 'infra' } };
    const postgres = [{ namespace: 'databases' }];
    const rules = policy('-metadata-store', { network: { dns, postgres } }).egress;
    const inNamespace = (name: string) => ({ matchLabels: { 'kubernetes.io/metadata.name': name } });
    expect(rules?.map(({ to }) => to)).toEqual([
      [{ namespaceSelector: inNamespace('dns'), podSelector: { matchLabels: dns.podSelector } }],
      [{ namespaceSelector: inNamespace('databases'), podSelector: {} }],
    ]);
  });

  test('workers are those of the org, in the namespace that the settings name', () => {
    const workers = { namespace: 'workers-{org}', podSelector: { app: 'worker', org: '{org}' } };
    const [rule] = policy('-server', { workers }).ingress ?? [];
    expect(rule?.from?.[0]).toEqual({
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'workers-acme' } },
      podSelector: { matchLabels: { app: 'worker', org: 'acme' } },
    });
  });

  test("the operator's pods are those of the settings", () => {
    const operator = { namespace: 'operators', podSelector: { 'control-plane': 'controller-manager' } };
    const [rule] = policy('admit-operator', { operator }).ingress ?? [];
    expect(rule?.from).toEqual([
      {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'operators' } },
        podSelector: { matchLabels: operator.podSelector },
      },
    ]);
  });
});
