import { parseAllDocuments } from 'yaml';
import type { z } from 'zod';
import type { Catalog } from '../../src/catalog/catalog.ts';
import { deriveCatalog } from '../../src/catalog/derive.ts';
import { deriveFleet, type Fleet } from '../../src/catalog/fleet.ts';
import { orgManifests, platformManifests } from '../../src/manifests/org-manifests.ts';
import type { WarehouseColumn } from '../../src/mapping/raw-record.ts';
import { parsePlatform } from '../../src/platform/parse.ts';
import type { Platform, PlatformSchema } from '../../src/platform/platform-settings.ts';
import { type Ducklings, parseDucklings } from '../../src/source/ducklings.ts';
import { parseWarehouseRecord, type WarehouseRecord } from '../../src/source/warehouse-record.ts';
import { isMapping } from '../../src/text/is-mapping.ts';
import type { RenderedFile } from '../../src/tree/rendered-file.ts';

export type Settings = z.input<typeof PlatformSchema>;
/** Settings that differ from the base: sections are merged, what stands in a section replaces what the base has. */
export type SettingsOverrides = { readonly [S in keyof Settings]?: Partial<Settings[S]> | undefined };
export type Columns = { readonly [C in WarehouseColumn]?: unknown };

/** A small, complete `platform.yaml`. All of it works with the upstream operator as it is. */
export const baseSettings = {
  catalog: { image: 'quay.io/lakekeeper/catalog:v0.12.2' },
  workers: { namespace: 'duckgres', podSelector: { 'duckgres/active-org': '{org}' } },
  monitoring: { namespace: 'monitoring', podSelector: { 'app.kubernetes.io/name': 'prometheus' } },
  network: {
    postgres: [{ cidr: '10.20.0.0/16' }],
    objectStore: [{ cidr: '52.0.0.0/8' }],
    apiServer: { peers: [{ cidr: '10.0.0.1/32' }], port: 6443 },
    openID: [{ cidr: '198.51.100.0/24' }],
  },
  metadataStores: {
    external: {
      provisioning: 'admin',
      admin: {
        password: { secret: { namespace: 'ducklings', name: '{duckling}-postgres', key: 'password' } },
      },
    },
    'cnpg-shard': {
      provisioning: 'preProvisioned',
      host: 'shard-001.cnpg.svc',
      database: 'lakekeeper_{org}',
      user: 'lakekeeper_{org}',
      password: { secret: { namespace: 'ducklings', name: '{duckling}-postgres', key: 'password' } },
    },
  },
  dataStores: {
    s3bucket: {
      type: 's3',
      region: 'eu-central-1',
      credential: {
        type: 'accessKey',
        accessKeyId: { namespace: 'ducklings', name: '{duckling}-s3', key: 'id' },
        secretAccessKey: { namespace: 'ducklings', name: '{duckling}-s3', key: 'secret' },
      },
    },
  },
  registration: {
    image: 'ghcr.io/lakekeeper-gitops/lakekeeper-gitops:v0.1.0',
    record: {
      warehouseDatabase: { url: { namespace: 'duckgres', name: 'warehouse-database', key: 'url' } },
    },
  },
} satisfies Settings;

/**
 * Platform settings as a program has them: parsed, checked, with defaults. @throws UsageError when they are refused.
 */
export function platform(overrides: SettingsOverrides = {}): Platform {
  const base: Record<string, unknown> = baseSettings;
  const merged = Object.entries(overrides).map(([section, value]) => {
    const standard = base[section];
    return [section, isMapping(value) && isMapping(standard) ? { ...standard, ...value } : value];
  });
  return parsePlatform('platform.yaml', { ...base, ...Object.fromEntries(merged) });
}

/** Authentication by an OpenID provider outside of the cluster. */
export const externalProvider = {
  mode: 'openID',
  issuer: 'external',
  providerURI: 'https://idp.example.com',
  tokenEndpoint: 'https://idp.example.com/token',
  client: { id: 'register-{org}', secret: { name: 'idp-{org}', key: 'secret' } },
} as const;

/** A row of the warehouse source, good or bad. */
export interface Row {
  readonly org_id: unknown;
  readonly [column: string]: unknown;
}

/** Rows of a source as they are read: usable, each with a bucket of its own, and the given columns. */
export function rawRecords(rows: readonly Row[]) {
  return rows.map((row, i) => ({
    at: `warehouses[${i}]`,
    columns: {
      state: 'ready',
      iceberg_enabled: true,
      metadata_store_kind: 'external',
      metadata_store_endpoint: 'postgres.example.com',
      data_store_bucket_name: `bucket-${i}`,
      duckling_name: `duckling-${i}`,
      ...row,
    },
  }));
}

/** The fleet of some rows, which are filled in with what an org has to have, for each its own. */
export function fleet(rows: readonly Row[], settings: Platform = platform()): Fleet {
  return deriveFleet(rawRecords(rows).map(parseWarehouseRecord), settings, new Map());
}

/** A data store that the catalog reaches by its pod's own identity, to replace `s3bucket` with. */
export const systemIdentity = {
  s3bucket: { type: 's3', region: 'eu-central-1', credential: { type: 'systemIdentity' } },
} as const;

const inSecret = (name: string, key: string) => ({ namespace: 'ducklings', name, key });

/** Data stores with every type of credential but those of AWS, each to replace `s3bucket` with. */
export const otherStores = {
  gcs: {
    s3bucket: {
      type: 'gcs',
      credential: { type: 'serviceAccountKey', key: inSecret('{duckling}-gcs', 'key.json') },
    },
  },
  'gcs by identity': { s3bucket: { type: 'gcs', credential: { type: 'systemIdentity' } } },
  adls: {
    s3bucket: {
      type: 'adls',
      accountName: 'lakeaccount',
      credential: {
        type: 'clientCredentials',
        tenantId: inSecret('{duckling}-azure', 'tenant'),
        clientId: inSecret('{duckling}-azure', 'client'),
        clientSecret: inSecret('{duckling}-azure', 'secret'),
      },
    },
  },
  'adls by key': {
    s3bucket: {
      type: 'adls',
      accountName: 'lakeaccount',
      host: 'dfs.core.chinacloudapi.cn',
      authorityHost: 'https://login.chinacloudapi.cn:8443',
      sasEnabled: true,
      sasTokenValiditySeconds: 600,
      credential: { type: 'sharedAccessKey', key: inSecret('{duckling}-azure', 'key') },
    },
  },
  'adls by identity': {
    s3bucket: { type: 'adls', accountName: 'lakeaccount', credential: { type: 'systemIdentity' } },
  },
  r2: {
    s3bucket: {
      type: 's3',
      flavor: 's3-compat',
      region: 'weur',
      endpoint: 'https://account.r2.cloudflarestorage.com',
      stsEnabled: true,
      credential: {
        type: 'cloudflareR2',
        accessKeyId: inSecret('{duckling}-r2', 'id'),
        secretAccessKey: inSecret('{duckling}-r2', 'secret'),
        token: inSecret('{duckling}-r2', 'token'),
        accountId: inSecret('{duckling}-r2', 'account'),
      },
    },
  },
} as const satisfies Record<string, Settings['dataStores']>;

/** A warehouse row of an org, parsed. Columns that are undefined are left out. */
export function record(org: string, columns: Columns = {}): WarehouseRecord {
  const parsed = parseWarehouseRecord({
    at: `warehouses[${org}]`,
    columns: {
      org_id: org,
      state: 'ready',
      iceberg_enabled: true,
      metadata_store_kind: 'external',
      metadata_store_endpoint: 'postgres.example.com',
      data_store_bucket_name: 'lake-bucket',
      duckling_name: `duckling-${org
        .toLowerCase()
        .replaceAll(/[^a-z0-9]/g, '-')
        .slice(0, 50)}`,
      ...columns,
    },
  });
  if (parsed.ok) return parsed.record;
  throw new Error(parsed.problems.map(({ at, message }) => `${at} ${message}`).join('\n'));
}

/** The catalog of an org. @throws Error with what keeps it from being one. */
export function catalog(
  org: string,
  settings: Platform,
  columns?: Columns,
  ducklings = noDucklings,
): Catalog {
  const derived = deriveCatalog(record(org, columns), settings, ducklings);
  if (derived.ok) return derived.catalog;
  throw new Error(derived.problems.map(({ at, message }) => `${at} ${message}`).join('\n'));
}

const noDucklings: Ducklings = new Map();

/** Ducklings as `kubectl get ducklings -o json` has them. */
export function ducklings(...items: object[]): Ducklings {
  return parseDucklings({ items }) ?? noDucklings;
}

/** A Kubernetes object. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
  };
  readonly [field: string]: unknown;
}

/**
 * Everything that is rendered for one org. That its files hold just this is shown by render.test.ts; reading them
 * back costs five times as much.
 */
export function orgObjects(desired: Catalog, settings: Platform): Manifest[] {
  return [...orgManifests(desired, settings).values()].flat() as Manifest[];
}

/** Everything that is rendered for the platform. */
export function platformObjects(settings: Platform): Manifest[] {
  return [...platformManifests(settings).values()].flat() as Manifest[];
}

/** The platform's objects and those of all orgs. */
export function fleetObjects(desired: readonly Catalog[], settings: Platform): Manifest[] {
  return [...platformObjects(settings), ...desired.flatMap((one) => orgObjects(one, settings))];
}

/** The objects of a rendered file, read as Kubernetes reads YAML: version 1.1. */
export function objectsIn({ path, text }: RenderedFile): Manifest[] {
  return parseAllDocuments(text, { version: '1.1' }).map((document) => {
    const [problem] = [...document.errors, ...document.warnings];
    if (problem) throw new Error(`while reading ${path}`, { cause: problem });
    return document.toJS() as Manifest;
  });
}

/** The one object of this kind and name, in the shape that the caller knows it to have. */
export function the<T = Manifest>(objects: readonly Manifest[], kind: string, name: string): T {
  const found = objects.filter((object) => object.kind === kind && object.metadata.name === name);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only as unknown as T;
  const seen = objects.map((object) => `${object.kind} ${object.metadata.name}`).join(', ');
  throw new Error(`expected one ${kind} ${name}, saw ${found.length} among: ${seen}`);
}
