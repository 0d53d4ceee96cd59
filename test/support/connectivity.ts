import type { V1Job } from '@kubernetes/client-node';
import type { Catalog } from '../../src/catalog/catalog.ts';
import type { Platform } from '../../src/platform/platform-settings.ts';
import {
  baseSettings,
  catalog,
  fleetObjects,
  type Manifest,
  platform,
  type SettingsOverrides,
  systemIdentity,
  the,
} from './fleet.ts';
import type { Endpoint, Labels, NetworkPolicy } from './network.ts';

/**
 * Who may connect to whom. What is not in the table is refused, in both tenancies. hooli has a hashed name, its
 * Postgres listens on 6432, and it checks ServiceAccount tokens by TokenReview; initech has a store of its own,
 * MinIO, in the cluster.
 */
export const table = `
  acme-worker, acme-job, operator       -> acme-server         : 8282
  prometheus                            -> acme-server         : 9100
  acme-server                           -> dns                 : 53 53/UDP
  acme-server                           -> postgres, pooler    : 5432
  acme-server                           -> s3, minio           : 443
  acme-server                           -> pod-identity-agent  : 80
  acme-migration                        -> dns                 : 53 53/UDP
  acme-migration                        -> postgres, pooler    : 5432
  acme-job                              -> dns                 : 53 53/UDP
  acme-job                              -> api-server          : 6443
  acme-job                              -> postgres, pooler    : 5432
  acme-job                              -> warehouse-database  : 5433

  hooli-worker, hooli-job, operator     -> hooli-server        : 8282
  prometheus                            -> hooli-server        : 9100
  hooli-server                          -> dns                 : 53 53/UDP
  hooli-server                          -> postgres, pooler    : 6432
  hooli-server                          -> s3, minio           : 443
  hooli-server                          -> pod-identity-agent  : 80
  hooli-server                          -> api-server          : 6443
  hooli-migration                       -> dns                 : 53 53/UDP
  hooli-migration                       -> postgres, pooler    : 6432
  hooli-job                             -> dns                 : 53 53/UDP
  hooli-job                             -> api-server          : 6443
  hooli-job                             -> postgres, pooler    : 6432
  hooli-job                             -> warehouse-database  : 5433

  initech-worker, initech-job, operator -> initech-server      : 8282
  prometheus                            -> initech-server      : 9100
  initech-server                        -> dns                 : 53 53/UDP
  initech-server                        -> postgres, pooler    : 5432
  initech-server                        -> s3, minio           : 9000
  initech-migration                     -> dns                 : 53 53/UDP
  initech-migration                     -> postgres, pooler    : 5432
  initech-job                           -> dns                 : 53 53/UDP
  initech-job                           -> api-server          : 6443
  initech-job                           -> postgres, pooler    : 5432
  initech-job                           -> warehouse-database  : 5433
`;

const openID = { mode: 'openID', providerURI: 'https://login.example.com' } as const;
/** What each way of authentication adds to the table, for the orgs that follow the platform's. */
export const authentications = {
  none: [{ mode: 'none' }, ''],
  kubernetes: [{ mode: 'kubernetes' }, 'acme-server, initech-server -> api-server : 6443'],
  'cluster issuer, public': [
    { ...openID, issuer: 'cluster' },
    'acme-server, initech-server -> openid-provider : 443',
  ],
  'cluster issuer, served by the API server': [
    { mode: 'openID', issuer: 'cluster', providerURI: 'https://kubernetes.default.svc.cluster.local' },
    'acme-server, initech-server -> api-server : 6443',
  ],
  'external issuer': [
    {
      ...openID,
      issuer: 'external',
      tokenEndpoint: 'https://login.example.com:8443/token',
      client: { id: 'registration', secret: { name: 'client', key: 'secret' } },
    },
    `acme-server, initech-server -> openid-provider : 443
     acme-job, initech-job -> openid-provider : 8443`,
  ],
} satisfies Record<string, [SettingsOverrides['authentication'], string]>;

export const probedPorts = [
  '22 53 53/UDP 80 123/UDP 443 3306 5432 5433 6432 6443 8080 8181 8282 8443 9000 9100 10250 15432',
].flatMap((ports) => ports.split(' '));

const network = {
  postgres: [{ cidr: '10.20.0.0/16' }, { namespace: 'cnpg', podSelector: { role: 'pooler' } }],
  warehouseDatabase: [{ cidr: '10.21.0.0/16' }],
  objectStore: [{ cidr: '52.0.0.0/8', except: ['52.99.0.0/16'] }, { namespace: 'minio' }],
};
const outside: Record<string, Endpoint> = {
  postgres: { ip: '10.20.1.5' },
  'warehouse-database': { ip: '10.21.0.9' },
  s3: { ip: '52.92.1.1' },
  's3-excepted': { ip: '52.99.0.1' },
  'api-server': { ip: '10.0.0.1' },
  'openid-provider': { ip: '198.51.100.4' },
  'pod-identity-agent': { ip: '169.254.170.23' },
  'metadata-service': { ip: '169.254.169.254' },
  internet: { ip: '203.0.113.7' },
};
const elsewhere: Record<string, [namespace: string, labels: Labels]> = {
  operator: ['lakekeeper-operator-system', { 'app.kubernetes.io/name': 'lakekeeper-operator' }],
  prometheus: ['monitoring', { 'app.kubernetes.io/name': 'prometheus' }],
  dns: ['kube-system', { 'k8s-app': 'kube-dns' }],
  pooler: ['cnpg', { role: 'pooler' }],
  minio: ['minio', { app: 'minio' }],
  'acme-worker': ['duckgres', { 'duckgres/active-org': 'acme' }],
  'hooli-worker': ['duckgres', { 'duckgres/active-org': 'hooli_labs' }],
  'initech-worker': ['duckgres', { 'duckgres/active-org': 'initech' }],
  'worker-of-nobody': ['duckgres', {}],
  'worker-elsewhere': ['default', { 'duckgres/active-org': 'acme' }],
  'operator-elsewhere': ['default', { 'app.kubernetes.io/name': 'lakekeeper-operator' }],
  'stranger-at-operator': ['lakekeeper-operator-system', { app: 'stranger' }],
  'stranger-at-prometheus': ['monitoring', { app: 'stranger' }],
  'stranger-at-dns': ['kube-system', { app: 'stranger' }],
  'stranger-at-pooler': ['cnpg', { role: 'primary' }],
};

interface Fleet {
  readonly catalogs: Record<string, Catalog>;
  readonly objects: Manifest[];
}

function fleet(tenancy: Platform['tenancy'], authentication: SettingsOverrides['authentication']): Fleet {
  const settings = platform({
    tenancy,
    authentication,
    network,
    operator: { amendments: true },
    identity: { provider: 'eksPodIdentity' },
    catalog: {
      server: { baseURI: 'http://{name}.{namespace}.svc:8282', listenPort: 8282, metricsPort: 9100 },
    },
    dataStores: {
      ...systemIdentity,
      external: {
        ...baseSettings.dataStores.s3bucket,
        flavor: 's3-compat',
        endpoint: 'https://minio.minio.svc:9000',
      },
    },
    registration: {
      record: { warehouseDatabase: { url: { name: 'warehouses', key: 'url' }, port: 5433 } },
    },
    orgs: { hooli_labs: { authentication: { mode: 'kubernetes' } } },
  });
  const catalogs = {
    acme: catalog('acme', settings),
    hooli: catalog('hooli_labs', settings, { metadata_store_port: 6432 }),
    initech: catalog('initech', settings, { data_store_kind: 'external' }),
  };
  return { catalogs, objects: fleetObjects(Object.values(catalogs), settings) };
}

/** The pods of an org, as the operator (docs/facts/lakekeeper-crd.md §6.1) and the rendered Job label them. */
function podsOf(short: string, { names }: Catalog, objects: Manifest[]): [string, [string, Labels]][] {
  const { namespace, kubernetes } = names;
  const lakekeeper = { 'app.kubernetes.io/name': 'lakekeeper', 'app.kubernetes.io/instance': kubernetes };
  const server = { 'app.kubernetes.io/managed-by': 'lakekeeper-operator', 'pod-template-hash': '5d4f8c7b9' };
  const migration = {
    'app.kubernetes.io/component': 'migration',
    'job-name': `${kubernetes}-migrate-7de73ad9`,
  };
  const job = the<V1Job>(objects, 'Job', `${kubernetes}-register`).spec?.template.metadata?.labels ?? {};
  return [
    [`${short}-server`, [namespace, { ...lakekeeper, ...server }]],
    [`${short}-migration`, [namespace, { ...lakekeeper, ...migration }]],
    [`${short}-job`, [namespace, { ...job, 'job-name': `${kubernetes}-register` }]],
    [`stranger-in-${namespace}`, [namespace, { app: 'stranger' }]],
    // Pods that lack one of the labels that make a server or a Job what it is.
    [
      `stranger-like-${short}-server`,
      [namespace, { ...lakekeeper, ...server, 'app.kubernetes.io/name': 'x' }],
    ],
    ...['app.kubernetes.io/name', 'app.kubernetes.io/component', 'lakekeeper-gitops/catalog'].map(
      (key, n): [string, [string, Labels]] => [
        `stranger-like-${short}-job-${n}`,
        [namespace, { ...job, [key]: 'x' }],
      ],
    ),
  ];
}

/** The fleet of the table, its neighbours, and all its policies. */
export interface Connectivity {
  /** By name; the API server's own label is not among their labels. */
  readonly namespaces: Readonly<Record<string, Labels>>;
  readonly policies: readonly NetworkPolicy[];
  readonly endpoints: Readonly<Record<string, Endpoint>>;
  /** The endpoints in the fleet's own namespaces. */
  readonly own: ReadonlySet<string>;
}

export function connectivity(
  tenancy: Platform['tenancy'],
  authentication: SettingsOverrides['authentication'],
): Connectivity {
  const { catalogs, objects } = fleet(tenancy, authentication);
  const own = Object.entries(catalogs).flatMap(([short, desired]) => podsOf(short, desired, objects));
  const pods = Object.entries({ ...elsewhere, ...Object.fromEntries(own) });
  const addressed = pods.map(([name, [namespace, labels]], index): [string, Endpoint] => [
    name,
    { namespace, labels, ip: `10.244.0.${index + 1}` },
  ]);
  return {
    namespaces: Object.fromEntries(pods.map(([, [namespace]]) => [namespace, {}])),
    policies: objects.filter(({ kind }) => kind === 'NetworkPolicy') as unknown as NetworkPolicy[],
    endpoints: { ...outside, ...Object.fromEntries(addressed) },
    own: new Set(own.map(([name]) => name)),
  };
}
