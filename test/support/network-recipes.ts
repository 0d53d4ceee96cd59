import type { V1Job } from '@kubernetes/client-node';
import type { Connectivity } from './connectivity.ts';
import {
  baseSettings,
  catalog,
  fleetObjects,
  platform,
  type Settings,
  type SettingsOverrides,
  systemIdentity,
  the,
} from './fleet.ts';
import type { Endpoint, NetworkPolicy } from './network.ts';

/** A cluster that differs from the example: the settings for it, who is there, and who reaches whom. */
interface Recipe {
  readonly network?: Partial<Settings['network']>;
  readonly settings?: SettingsOverrides;
  readonly endpoints: Readonly<Record<string, Endpoint>>;
  /** Ports that are tried besides those of the table. */
  readonly table: string;
}

const minio = {
  s3bucket: {
    ...baseSettings.dataStores.s3bucket,
    flavor: 's3-compat',
    endpoint: 'https://minio.tenant-a.svc.cluster.local',
  },
} as const;
const pods = (namespace: string, labels: Record<string, string>, ip: string): Endpoint => ({
  namespace,
  labels,
  ip,
});
const all = 'acme-server, acme-migration, acme-job';

export const recipes: Readonly<Record<string, Recipe>> = {
  'NodeLocal DNSCache, on an address of the node': {
    network: {
      dns: [
        { cidr: '169.254.20.10/32' },
        { namespace: 'kube-system', podSelector: { 'k8s-app': 'kube-dns' } },
      ],
    },
    endpoints: {
      'node-local-dns': { ip: '169.254.20.10' },
      'kube-dns': pods('kube-system', { 'k8s-app': 'kube-dns' }, '10.244.9.1'),
    },
    table: `${all} -> node-local-dns, kube-dns : 53 53/UDP`,
  },
  'the DNS of OpenShift, whose pods listen on 5353': {
    network: {
      dns: [
        {
          namespace: 'openshift-dns',
          podSelector: { 'dns.operator.openshift.io/daemonset-dns': 'default' },
          ports: [5353],
        },
      ],
    },
    endpoints: {
      dns: pods('openshift-dns', { 'dns.operator.openshift.io/daemonset-dns': 'default' }, '10.128.0.2'),
    },
    table: `${all} -> dns : 5353 5353/UDP`,
  },
  'a MinIO tenant, whose Service is on 443 and whose pods are on 9000': {
    network: {
      objectStore: [
        { namespace: 'tenant-a', podSelector: { 'v1.min.io/tenant': 'tenant-a' }, ports: [9000] },
      ],
    },
    settings: { dataStores: minio },
    endpoints: { minio: pods('tenant-a', { 'v1.min.io/tenant': 'tenant-a' }, '10.244.9.2') },
    table: 'acme-server -> minio : 9000',
  },
  'object stores of two kinds, each on its ports': {
    network: {
      objectStore: [
        { cidr: '52.0.0.0/8', except: ['52.99.0.0/16'] },
        { namespace: 'tenant-a', podSelector: { 'v1.min.io/tenant': 'tenant-a' }, ports: [9000, 9001] },
        { cidr: '192.0.2.0/24', ports: [8443] },
      ],
    },
    endpoints: {
      s3: { ip: '52.1.1.1' },
      's3-excepted': { ip: '52.99.0.1' },
      minio: pods('tenant-a', { 'v1.min.io/tenant': 'tenant-a' }, '10.244.9.2'),
      ceph: { ip: '192.0.2.9' },
    },
    table: `acme-server -> s3 : 443
            acme-server -> minio : 9000 9001
            acme-server -> ceph : 8443`,
  },
  'an object store whose tokens come from another port': {
    network: { objectStore: [{ cidr: '10.7.0.0/24' }] },
    settings: {
      dataStores: {
        s3bucket: {
          ...baseSettings.dataStores.s3bucket,
          flavor: 's3-compat',
          endpoint: 'https://store.example.com:9000',
          stsEnabled: true,
          stsEndpoint: 'https://tokens.example.com:8443',
        },
      },
    },
    endpoints: { store: { ip: '10.7.0.4' }, internet: { ip: '203.0.113.7' } },
    table: 'acme-server -> store : 8443 9000',
  },
  'a proxy between the catalogs and the Internet, by its name': {
    network: {
      egressProxy: [
        { cidr: '10.9.0.0/24' },
        { namespace: 'proxy', podSelector: { app: 'squid' }, ports: [3129] },
      ],
    },
    settings: {
      operator: { amendments: true },
      catalog: { environment: { HTTPS_PROXY: 'http://proxy.corp.example:3128', NO_PROXY: '.svc' } },
    },
    endpoints: { proxy: { ip: '10.9.0.7' }, squid: pods('proxy', { app: 'squid' }, '10.244.9.3') },
    table: `acme-server -> proxy : 3128
            acme-server -> squid : 3129`,
  },
  'a proxy between the catalogs and the Internet, by its address': {
    settings: {
      operator: { amendments: true },
      catalog: { environment: { HTTPS_PROXY: 'http://[fd00:9::7]:3128', HTTP_PROXY: '10.9.0.7:8080' } },
    },
    endpoints: { proxy: { ip: 'fd00:9::7' }, another: { ip: '10.9.0.7' } },
    table: `acme-server -> proxy : 3128
            acme-server -> another : 8080`,
  },
  'IPv6 and dual stack, with an identity of the EKS Pod Identity agent': {
    network: {
      dns: [{ cidr: 'fd00:10::a/128' }],
      postgres: [{ cidr: '10.20.0.0/16' }, { cidr: 'fd00:20::/64' }],
      objectStore: [{ cidr: '2600:1f00::/24' }],
      apiServer: [{ cidr: 'fd00:10::1/128' }],
    },
    settings: {
      operator: { amendments: true },
      identity: { provider: 'eksPodIdentity' },
      dataStores: systemIdentity,
    },
    endpoints: {
      dns: { ip: 'fd00:10::a' },
      postgres: { ip: '10.20.1.5' },
      'postgres-6': { ip: 'fd00:20::5' },
      s3: { ip: '2600:1f00::5' },
      agent: { ip: '169.254.170.23' },
      'agent-6': { ip: 'fd00:ec2::23' },
      'metadata-service': { ip: '169.254.169.254' },
      'metadata-service-6': { ip: 'fd00:ec2::254' },
      'api-server': { ip: 'fd00:10::1' },
    },
    table: `${all} -> dns : 53 53/UDP
            ${all} -> postgres, postgres-6 : 5432
            acme-server -> s3 : 443
            acme-server -> agent, agent-6 : 80
            acme-job -> api-server : 443`,
  },
  'metadata servers of Google Cloud, in both families': {
    settings: {
      operator: { amendments: true },
      dataStores: { s3bucket: { type: 'gcs', credential: { type: 'systemIdentity' } } },
    },
    endpoints: {
      'metadata-server': { ip: '169.254.169.254' },
      'metadata-server-6': { ip: 'fd20:ce::254' },
      'gke-metadata-server': { ip: '169.254.169.252' },
    },
    table: `acme-server -> metadata-server, metadata-server-6 : 80
            acme-server -> gke-metadata-server : 988`,
  },
  "an API server of one's own, on the addresses of nodes": {
    network: {
      apiServer: [
        { cidr: '192.168.7.11/32', ports: [6443] },
        { cidr: '192.168.7.12/32', ports: [6443] },
        { cidr: '10.0.0.1/32' },
      ],
    },
    settings: { operator: { amendments: true }, authentication: { mode: 'kubernetes' } },
    endpoints: {
      'node-1': { ip: '192.168.7.11' },
      'node-2': { ip: '192.168.7.12' },
      'worker-node': { ip: '192.168.7.20' },
      service: { ip: '10.0.0.1' },
    },
    table: `acme-server, acme-job -> node-1, node-2 : 6443
            acme-server, acme-job -> service : 443`,
  },
  'Postgres, the rows and the identity provider as pods, on ports of their own': {
    network: {
      postgres: [
        { namespace: 'pg-acme', podSelector: { 'cnpg.io/cluster': 'acme' } },
        { namespace: 'pgbouncer', ports: [6432] },
      ],
      warehouseDatabase: [{ namespace: 'control-plane', podSelector: { app: 'postgres' }, ports: [5433] }],
      openID: [{ namespace: 'keycloak', podSelector: { app: 'keycloak' }, ports: [8080] }],
    },
    settings: {
      authentication: {
        mode: 'openID',
        issuer: 'external',
        providerURI: 'https://login.example.com',
        tokenEndpoint: 'https://login.example.com/token',
        client: { id: 'registration', secret: { name: 'client', key: 'secret' } },
      },
    },
    endpoints: {
      primary: pods('pg-acme', { 'cnpg.io/cluster': 'acme' }, '10.244.9.4'),
      stranger: pods('pg-acme', { 'cnpg.io/cluster': 'other' }, '10.244.9.5'),
      pgbouncer: pods('pgbouncer', {}, '10.244.9.6'),
      rows: pods('control-plane', { app: 'postgres' }, '10.244.9.7'),
      keycloak: pods('keycloak', { app: 'keycloak' }, '10.244.9.8'),
    },
    table: `${all} -> primary : 5432
            ${all} -> pgbouncer : 6432
            acme-job -> rows : 5433
            acme-server, acme-job -> keycloak : 8080`,
  },
  "a Postgres of the org's own, and two who monitor": {
    network: { postgres: [{ namespace: 'pg-{org}', podSelector: { 'cnpg.io/cluster': '{org}' } }] },
    settings: {
      monitoring: [
        { namespace: 'monitoring', podSelector: { app: 'prometheus' } },
        { cidr: '10.8.0.0/24', ports: [9000, 8181] },
      ],
    },
    endpoints: {
      primary: pods('pg-acme', { 'cnpg.io/cluster': 'acme' }, '10.244.9.4'),
      'primary-of-another': pods('pg-other', { 'cnpg.io/cluster': 'other' }, '10.244.9.5'),
      prometheus: pods('monitoring', { app: 'prometheus' }, '10.244.9.6'),
      blackbox: { ip: '10.8.0.9' },
    },
    table: `${all} -> primary : 5432
            prometheus -> acme-server : 9000
            blackbox -> acme-server : 8181 9000`,
  },
};

/**
 * The org acme in such a cluster. What everybody may do, the settings of the recipe leave out: they reach nobody
 * here.
 */
export function connectivityOf({ network, settings, endpoints }: Recipe): Connectivity {
  const nobody = [{ cidr: '203.0.113.200/32' }];
  const base = { dns: nobody, postgres: nobody, objectStore: nobody, apiServer: nobody };
  const parsed = platform({ monitoring: undefined, ...settings, network: { ...base, ...network } });
  const acme = catalog('acme', parsed);
  const objects = fleetObjects([acme], parsed);
  const { namespace, kubernetes } = acme.names;
  const labels = { 'app.kubernetes.io/name': 'lakekeeper', 'app.kubernetes.io/instance': kubernetes };
  const job = the<V1Job>(objects, 'Job', `${kubernetes}-register`).spec?.template.metadata?.labels ?? {};
  const own: Record<string, Endpoint> = {
    'acme-server': pods(
      namespace,
      { ...labels, 'app.kubernetes.io/managed-by': 'lakekeeper-operator' },
      '10.244.0.1',
    ),
    'acme-migration': pods(
      namespace,
      { ...labels, 'app.kubernetes.io/component': 'migration' },
      '10.244.0.2',
    ),
    'acme-job': pods(namespace, job, '10.244.0.3'),
  };
  const everybody = { ...endpoints, ...own };
  const namespaces = Object.values(everybody).flatMap((end) => ('namespace' in end ? [end.namespace] : []));
  return {
    namespaces: Object.fromEntries(namespaces.map((name) => [name, {}])),
    policies: objects.filter(({ kind }) => kind === 'NetworkPolicy') as unknown as NetworkPolicy[],
    endpoints: everybody,
    own: new Set(Object.keys(own)),
  };
}

/** What is the same in every recipe: the registration Job reaches its catalog. */
export const always = 'acme-job -> acme-server : 8181';

export const recipePorts = [
  '53 53/UDP 80 443 988 3128 3129 5353 5353/UDP 5432 5433 6432 6443 8080 8181 8443 9000 9001',
].flatMap((ports) => ports.split(' '));
