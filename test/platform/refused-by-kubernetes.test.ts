import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parsePlatform } from '../../src/platform/parse.ts';
import {
  baseSettings,
  catalog,
  type Manifest,
  orgObjects,
  platform,
  platformObjects,
  the,
} from '../support/fleet.ts';
import { refusals } from '../support/refusals.ts';

/**
 * What the API server would refuse is refused at synth, at the path of its setting (messages of kube-apiserver
 * 1.36.3).
 */

/** The lines that settings are refused with. @param change is merged into the settings, section by section. */
function refused(change: Record<string, object | string>): string[] {
  const base: Record<string, object> = baseSettings;
  const settings = {
    ...base,
    ...Object.fromEntries(
      Object.entries(change).map(([key, value]) => [
        key,
        typeof value === 'string' || Array.isArray(value) ? value : { ...base[key], ...value },
      ]),
    ),
  };
  return refusals(() => parsePlatform('platform.yaml', settings));
}

describe('address ranges', () => {
  const postgres = (...peers: object[]) => refused({ network: { postgres: peers } });

  test.each([
    ['10.0.0.0', 'is not an address range'],
    ['10.0.0.0/33', 'is not an address range'],
    ['010.0.0.0/8', 'is not an address range'],
    ['10.0.0.0/08', 'is not an address range'],
    ['10/8', 'is not an address range'],
    ['0x0a.0.0.0/8', 'is not an address range'],
    ['db.example.com', 'is not an address range'],
    ['::/129', 'is not an address range'],
    ['fe80::%eth0/64', 'is not an address range'],
    ['10.20.1.5/16', 'has bits beyond its prefix; expected 10.20.0.0/16'],
    ['fd00::5/64', 'has bits beyond its prefix; expected fd00::/64'],
    ['::ffff:10.0.0.0/104', 'is IPv4 spelt as IPv6'],
    ['::ffff:0a00:0/104', 'is IPv4 spelt as IPv6'],
  ])('%s is refused', (cidr, message) => {
    expect(postgres({ cidr })).toEqual([expect.stringContaining(`network.postgres[0].cidr: ${message}`)]);
  });

  test.each([
    ['10.0.0.0/8', '192.168.0.0/16'],
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['10.0.0.0/8', '0.0.0.0/0'],
    ['10.0.0.0/8', 'fd00::/16'],
    ['fd00::/16', 'fd00::/8'],
    ['::/0', '10.0.0.0/8'],
  ])('of %s no exception can be %s', (cidr, except) => {
    expect(postgres({ cidr: '10.1.0.0/16' }, { cidr, except: [except] })).toEqual([
      expect.stringMatching(/^network\.postgres\[1\]\.except\[0\]: .*; expected a smaller range inside of /),
    ]);
  });

  test('are written as RFC 5952 has them: Kubernetes warns of other spellings', () => {
    const { network } = platform({
      network: { postgres: [{ cidr: 'FD00:0:0::/48', except: ['fd00:0:0:1:0:0:0:0/64'] }] },
    });
    expect(network.postgres).toEqual([{ cidr: 'fd00::/48', except: ['fd00:0:0:1::/64'] }]);
  });
});

describe('quantities', () => {
  const job = (resources: object) => refused({ registration: { resources } });

  test.each([
    [
      { requests: { memory: '512Mi' }, limits: { memory: '256Mi' } },
      'requests.memory: is 512Mi; expected at most the limit, which is 256Mi',
    ],
    [
      { requests: { cpu: 1.5 }, limits: { cpu: '1' } },
      'requests.cpu: is 1500m; expected at most the limit, which is 1',
    ],
    [
      { requests: { memroy: '1Mi' } },
      'requests.memroy: is not a resource: expected cpu, memory, ephemeral-storage',
    ],
    [{ limits: { 'kubernetes.io/gpu': 1 } }, 'limits.kubernetes.io/gpu: is not a resource'],
    [
      { requests: { 'example.com/gpu': 1 } },
      'requests.example.com/gpu: is 1; expected a limit of the same value',
    ],
    [{ limits: { 'example.com/gpu': '500m' } }, 'limits.example.com/gpu: is 500m; expected a whole number'],
    [{ limits: { memory: '100m' } }, 'limits.memory: is 100m; expected a whole number'],
    [{ limits: { memory: '9999999E' } }, 'limits.memory: is 9999999E; expected at most'],
    [{ requests: { cpu: '0.0001' } }, 'requests.cpu: is not a quantity'],
    [{ requests: { cpu: '-1' } }, 'requests.cpu: is not a quantity'],
    [{ requests: { cpu: '1 ' } }, 'requests.cpu: is not a quantity'],
    [{ requests: { memory: '1GB' } }, 'requests.memory: is not a quantity'],
    [{ requests: { memory: '' } }, 'requests.memory: is not a quantity'],
  ])('%j is refused', (resources, message) => {
    expect(job(resources)).toEqual([expect.stringContaining(`registration.resources.${message}`)]);
  });

  test('of a catalog, and of an override, are held to the same', () => {
    const resources = { requests: { memory: '2Gi' }, limits: { memory: '1Gi' } };
    expect(refused({ catalog: { resources }, orgs: { acme: { resources } } })).toEqual([
      'catalog.resources.requests.memory: is 2Gi; expected at most the limit, which is 1Gi',
      'orgs.acme.resources.requests.memory: is 2Gi; expected at most the limit, which is 1Gi',
    ]);
  });

  test('are rendered as the operator writes them back (recording 26)', () => {
    const resources = {
      requests: { cpu: '0.5', memory: '1024Mi' },
      limits: { cpu: '1000m', memory: '1.5Gi' },
    };
    const canonical = { requests: { cpu: '500m', memory: '1Gi' }, limits: { cpu: '1', memory: '1536Mi' } };
    const settings = platform({ catalog: { resources }, registration: { resources } });
    const objects = orgObjects(catalog('acme', settings), settings);
    expect(the<Manifest & { spec: object }>(objects, 'Lakekeeper', 'lakekeeper-acme').spec).toMatchObject({
      resources: canonical,
    });
    expect(the<Manifest & { spec: object }>(objects, 'Job', 'lakekeeper-acme-register').spec).toMatchObject({
      template: { spec: { containers: [{ resources: canonical }] } },
    });
  });
});

describe('labels', () => {
  const labelValue = 'is not a label value';
  test.each([
    [
      'network.postgres[0].podSelector.app',
      { network: { postgres: [{ namespace: 'cnpg', podSelector: { app: 'my postgres' } }] } },
    ],
    ['monitoring.podSelector.app', { monitoring: { namespace: 'm', podSelector: { app: 'prom/server' } } }],
    [
      'operator.podSelector.control-plane',
      { operator: { podSelector: { 'control-plane': 'x'.repeat(64) } } },
    ],
    ['workers.podSelector.app', { workers: { podSelector: { app: '-{org}' } } }],
  ])('%s', (path, change) => {
    expect(refused(change)).toEqual([expect.stringContaining(`${path}: ${labelValue}`)]);
  });

  test.each(['a b', '/x', 'Example.com/x', 'example.com/', `${'x'.repeat(64)}`, 'a/b/c', '-x'])(
    '%j is no key',
    (key) => {
      expect(refused({ operator: { podSelector: { [key]: 'x' } } })).toEqual([
        expect.stringContaining(`operator.podSelector.${key}: is not a label key`),
      ]);
    },
  );

  test('a value that fits only some orgs is refused for the others', () => {
    const settings = platform({
      network: { postgres: [{ namespace: 'pg', podSelector: { org: 'of-the-org-{org}' } }] },
    });
    expect(catalog('acme', settings).peers.postgres).toEqual([
      { namespace: 'pg', podSelector: { org: 'of-the-org-acme' } },
    ]);
    expect(() => catalog('x'.repeat(60), settings)).toThrow(
      /network\.postgres\.podSelector\.org \(of-the-org-\{org\}\) gives "of-the-org-x+", which is not a label value/,
    );
  });
});

describe('annotations', () => {
  test.each(['Bad Key/with space', '', 'a//b', 'x'.repeat(64)])('%j is no key', (key) => {
    expect(refused({ identity: { annotations: { [key]: 'x' } } })).toEqual([
      expect.stringContaining(`identity.annotations.${key}: is not an annotation's key`),
    ]);
  });

  test('a key may have capitals, as the API server reads them', () => {
    expect(
      refused({ tenancy: 'namespacePerOrg', identity: { annotations: { 'Example.com/X': 'x' } } }),
    ).toEqual([]);
  });

  test('ours are ours', () => {
    expect(refused({ identity: { annotations: { 'lakekeeper-gitops/org': 'x' } } })).toEqual([
      'identity.annotations.lakekeeper-gitops/org: is set by lakekeeper-gitops; use another key',
    ]);
  });

  test('have 256 KiB in an object, ours included', () => {
    const long = (size: number) => ({ a: 'x'.repeat(size / 2), b: 'x'.repeat(size / 2) });
    expect(refused({ identity: { annotations: long(256 * 1024) } })).toEqual([
      expect.stringMatching(/^identity\.annotations: are 262146 bytes together; expected at most 256000/),
    ]);
    const settings = platform({ tenancy: 'namespacePerOrg', identity: { annotations: long(240 * 1024) } });
    expect(catalog('acme', settings).identityAnnotations.a).toHaveLength(120 * 1024);
    const filledIn = platform({
      tenancy: 'namespacePerOrg',
      identity: { annotations: { a: '{name}'.repeat(10_000) } },
    });
    expect(() => catalog('x'.repeat(35), filledIn)).toThrow(
      /identity\.annotations are 460001 bytes together/,
    );
  });
});

test('names of Kubernetes are names', () => {
  const { external } = baseSettings.metadataStores;
  const secret = (reference: object) => ({
    metadataStores: { external: { ...external, admin: { password: { secret: reference } } } },
  });
  expect(refused({ workers: { namespace: 'Workers' } })).toEqual([
    expect.stringContaining('workers.namespace: is not a DNS label'),
  ]);
  expect(refused(secret({ namespace: 'a.b', name: 'x', key: 'k' })).join()).toContain(
    'secret.namespace: is not a DNS label',
  );
  expect(refused(secret({ name: 'a_b-{org}', key: 'k' })).join()).toContain(
    'secret.name: is not a name in Kubernetes',
  );
  expect(refused(secret({ name: 'x', key: '..' })).join()).toContain('secret.key: begins with dots');
  expect(refused({ network: { dns: { namespace: 'kube_system' } } })).toEqual([
    expect.stringContaining('network.dns.namespace: is not a DNS label'),
  ]);
});

test('ports are ports', () => {
  const ports = (...list: unknown[]) => refused({ network: { dns: [{ namespace: 'dns', ports: list }] } });
  expect(ports(53, 0).join()).toContain('network.dns[0].ports[1]');
  expect(ports(65536).join()).toContain('network.dns[0].ports[0]');
  expect(ports('dns').join()).toContain('network.dns[0].ports[0]');
  expect(ports().join()).toContain('network.dns[0].ports');
  expect(refused({ catalog: { server: { listenPort: 9000 } } })).toEqual([
    'catalog.server.metricsPort: is 9000, as listenPort is; use another',
  ]);
});

describe('a placeholder', () => {
  const perOrg = { namespace: 'monitoring', podSelector: { org: '{org}' } };
  const operator = { namespace: 'operator-{org}', podSelector: { app: 'operator' } };

  test.each([
    ['monitoring', { monitoring: [perOrg] }],
    ['operator', { operator }],
  ])('of %s is refused where one policy is for all orgs', (path, change) => {
    expect(refused(change)).toEqual([
      expect.stringContaining(`${path}: has a placeholder, but one NetworkPolicy is for all orgs`),
    ]);
  });

  test('is filled in where every object is of one org', () => {
    const settings = platform({ tenancy: 'namespacePerOrg', monitoring: [perOrg], operator });
    const objects = orgObjects(catalog('acme', settings), settings);
    const from = (name: string) => JSON.stringify(the<Manifest>(objects, 'NetworkPolicy', name));
    expect(from('admit-monitoring')).toContain('{"matchLabels":{"org":"acme"}}');
    expect(from('admit-operator')).toContain('"kubernetes.io/metadata.name":"operator-acme"');
  });

  test('is left in no object, whatever the setting', () => {
    const pods = (list: string) => [
      { namespace: `${list}-{org}`, podSelector: { of: '{org}', name: '{name}' } },
    ];
    const lists = [
      'dns',
      'postgres',
      'warehouseDatabase',
      'objectStore',
      'apiServer',
      'openID',
      'egressProxy',
    ];
    const settings = platform({
      network: Object.fromEntries(lists.map((list) => [list, pods(list.toLowerCase())])) as never,
      operator: { amendments: true },
      catalog: { environment: { HTTPS_PROXY: 'http://proxy:3128' } },
      identity: { annotations: { 'example.com/role': 'arn:{org}:{name}:{namespace}' } },
    });
    const objects = [...orgObjects(catalog('acme', settings), settings), ...platformObjects(settings)];
    expect(JSON.stringify(objects)).not.toMatch(/\{(org|name|namespace|duckling)\}/);
  });
});

describe('former forms', () => {
  test('one peer without a list, and its port, are a list of one', () => {
    const single = platform({
      network: { dns: { namespace: 'openshift-dns', podSelector: { a: 'b' }, port: 5353 } },
      monitoring: { namespace: 'monitoring', podSelector: {} },
    });
    expect(single.network.dns).toEqual([
      { namespace: 'openshift-dns', podSelector: { a: 'b' }, ports: [5353] },
    ]);
    expect(single.monitoring).toEqual([{ namespace: 'monitoring', podSelector: {} }]);
  });

  test('peers of the API server with one port for all are peers with that port', () => {
    const peers = [{ cidr: '10.0.0.1/32' }, { namespace: 'default', ports: [443] }];
    expect(platform({ network: { apiServer: { peers, port: 6443 } } }).network.apiServer).toEqual([
      { cidr: '10.0.0.1/32', ports: [6443] },
      { namespace: 'default', podSelector: {}, ports: [443] },
    ]);
    expect(platform({ network: { apiServer: { peers } } }).network.apiServer[0]).toEqual({
      cidr: '10.0.0.1/32',
    });
    expect(refused({ network: { apiServer: { peers, prot: 1 } } }).join()).toContain(
      'network.apiServer.prot: is not a setting',
    );
  });
});

describe('a proxy of the catalogs', () => {
  const through = (HTTPS_PROXY: string, network: object = {}) =>
    refused({ operator: { amendments: true }, catalog: { environment: { HTTPS_PROXY } }, network });

  test('that no policy lets out is an error', () => {
    expect(through('http://proxy.corp.example:3128')).toEqual([
      expect.stringMatching(
        /^network\.egressProxy: is missing; .*HTTPS_PROXY needs to reach proxy\.corp\.example on port 3128/,
      ),
    ]);
    expect(through('http://proxy:3128', { egressProxy: [{ cidr: '10.9.0.0/24' }] })).toEqual([]);
    expect(through('http://10.9.0.7:3128')).toEqual([]);
    expect(through('http://:3128')).toEqual([
      'catalog.environment.HTTPS_PROXY: is not a URL, like http://proxy.example.com:3128',
    ]);
  });

  test('that there is not needs no peer', () => {
    expect(refused({ network: { egressProxy: [{ cidr: '10.9.0.0/24' }] } })).toEqual([
      'network.egressProxy: has no effect without a proxy; set catalog.environment.HTTPS_PROXY, or leave it out',
    ]);
  });
});

test('every recipe of docs/networks.md is accepted', async () => {
  const text = await readFile('docs/networks.md', 'utf8');
  const blocks = [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block = '']) => parse(block));
  expect(blocks.length).toBeGreaterThan(6);
  for (const block of blocks)
    expect(refused({ operator: { amendments: true }, ...block }), JSON.stringify(block)).toEqual([]);
});
