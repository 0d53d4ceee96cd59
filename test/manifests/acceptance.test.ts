import { describe, expect, test } from 'vitest';
import type { Catalog } from '../../src/catalog/catalog.ts';
import type { Platform } from '../../src/platform/platform-settings.ts';
import { acceptedByCrd } from '../support/crd.ts';
import {
  baseSettings,
  catalog,
  type Manifest,
  orgObjects,
  otherStores,
  platform,
  platformObjects,
  systemIdentity,
  the,
} from '../support/fleet.ts';
import { acceptedByKubernetes } from '../support/kubernetes-types.ts';

const operators = { upstream: {}, amended: { amendments: true }, fork: { flavor: 'fork' } } as const;
const openID = { mode: 'openID', providerURI: 'https://login.example.com' } as const;
const authentications = {
  none: { mode: 'none' },
  kubernetes: { mode: 'kubernetes' },
  'public issuer': { ...openID, issuer: 'cluster' },
  "the API server's issuer": {
    mode: 'openID',
    issuer: 'cluster',
    providerURI: 'https://kubernetes.default.svc',
  },
  'external issuer': {
    ...openID,
    issuer: 'external',
    tokenEndpoint: 'https://login.example.com/token',
    client: { id: 'registration-{org}', secret: { name: 'registration-client', key: 'secret' } },
  },
} as const;
const dataStores = {
  'access key': baseSettings.dataStores,
  'system identity': systemIdentity,
  'Google by identity': otherStores['gcs by identity'],
  'Azure by identity': otherStores['adls by identity'],
} as const;
const records = [baseSettings.registration.record, { configMap: true }] as const;

type Combination = [keyof typeof operators, keyof typeof authentications, keyof typeof dataStores];
const combinations = keys(operators).flatMap((operator) =>
  keys(authentications).flatMap((authentication) =>
    keys(dataStores).map((dataStore): Combination => [operator, authentication, dataStore]),
  ),
);

/**
 * Why a combination is refused; empty means that it is rendered. docs/facts/lakekeeper-crd.md §8.3,
 * docs/facts/lakekeeper-auth.md §6.
 */
function reasonsToRefuse([operator, authentication, dataStore]: Combination): string[] {
  return [
    operator === 'upstream' && authentication === 'kubernetes'
      ? 'authentication: mode kubernetes would leave the catalogs open'
      : '',
    operator !== 'amended' && authentication === "the API server's issuer"
      ? "authentication.providerURI: is served with the cluster's own CA, which the catalog would not trust"
      : '',
    operator === 'upstream' && dataStore !== 'access key'
      ? 'dataStores.s3bucket.credential: type systemIdentity would not work'
      : '',
  ].filter((reason) => reason !== '');
}
const refused = combinations.filter((combination) => reasonsToRefuse(combination).length > 0);
const rendered = combinations.filter((combination) => reasonsToRefuse(combination).length === 0);

/** The platforms of a combination: every tenancy, hook mode and place of the record. */
function platformsOf([operator, authentication, dataStore]: Combination): Platform[] {
  return (['sharedNamespace', 'namespacePerOrg'] as const).flatMap((tenancy) =>
    (['postSync', 'split'] as const).flatMap((hookMode) =>
      records.map((record) =>
        platform({
          tenancy,
          operator: operators[operator],
          authentication: authentications[authentication],
          dataStores: dataStores[dataStore],
          registration: { hookMode, record },
        }),
      ),
    ),
  );
}

interface Rendered {
  readonly settings: Platform;
  readonly shared: Manifest[];
  readonly orgs: { readonly desired: Catalog; readonly objects: Manifest[] }[];
}
const renderedFleets = new Map<Combination, Rendered[]>();

/**
 * A fleet of two, one as the admin of its Postgres and one with a database that exists, on every platform of a
 * combination.
 */
function fleetsOf(combination: Combination): Rendered[] {
  const known = renderedFleets.get(combination);
  if (known) return known;
  const fleets = platformsOf(combination).map((settings) => {
    const catalogs = [
      catalog('acme', settings),
      catalog('Hooli\n"Labs"', settings, { metadata_store_kind: 'cnpg-shard' }),
    ];
    return {
      settings,
      shared: platformObjects(settings),
      orgs: catalogs.map((desired) => ({ desired, objects: orgObjects(desired, settings) })),
    };
  });
  renderedFleets.set(combination, fleets);
  return fleets;
}
const objectsOf = ({ shared, orgs }: Rendered) => [...shared, ...orgs.flatMap(({ objects }) => objects)];

test.each(refused)('refuses %s operator, authentication %s, %s', (...combination) => {
  const message = messageOf(() => platformsOf(combination));
  for (const reason of reasonsToRefuse(combination)) expect(message).toContain(`  ${reason}`);
  expect(message.split('\n')).toHaveLength(1 + reasonsToRefuse(combination).length);
});

describe.each(rendered)('%s operator, authentication %s, %s', (...combination) => {
  test('every object is accepted by the CRD or by the types of Kubernetes', () => {
    for (const object of fleetsOf(combination).flatMap(objectsOf))
      expect(problemsOf(object, combination[0]), nameOf(object)).toEqual([]);
  });

  test('no two objects of the fleet are the same one', () => {
    for (const fleet of fleetsOf(combination)) {
      const names = objectsOf(fleet).map(nameOf);
      expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    }
  });

  test('every object has the label of its org', () => {
    for (const { shared, orgs } of fleetsOf(combination)) {
      for (const { metadata } of shared)
        expect(metadata.labels).toHaveProperty(['app.kubernetes.io/part-of'], 'lakekeeper-gitops');
      for (const { desired, objects } of orgs)
        for (const { metadata } of objects) {
          expect(metadata.labels).toMatchObject({
            'app.kubernetes.io/part-of': 'lakekeeper-gitops',
            'lakekeeper-gitops/org': desired.names.orgLabel,
          });
          expect(metadata.annotations).toHaveProperty(['lakekeeper-gitops/org'], desired.org);
        }
    }
  });

  test("every object of an org begins with its catalog's name, where it shares a namespace", () => {
    const inOwnNamespace = ['default-deny', 'admit-operator', 'admit-monitoring', 'default'];
    for (const { settings, orgs } of fleetsOf(combination))
      for (const { desired, objects } of orgs) {
        const others = objects.filter(({ metadata }) => !metadata.name.startsWith(desired.names.kubernetes));
        const allowed = settings.tenancy === 'namespacePerOrg' ? inOwnNamespace : [];
        expect(others.filter(({ metadata }) => !allowed.includes(metadata.name)).map(nameOf)).toEqual([]);
        for (const { metadata } of others) expect(metadata.namespace).toBe(desired.names.kubernetes);
      }
  });

  test('has no Secret, no status and nothing empty, which Argo CD would show as a difference', () => {
    for (const object of fleetsOf(combination).flatMap(objectsOf)) {
      expect(object.kind).not.toBe('Secret');
      expect(object).not.toHaveProperty('status');
      expect(emptyFields(object), nameOf(object)).toEqual([]);
    }
  });
});

test('the longest name fits every name that is derived from it', () => {
  const settings = platform({ tenancy: 'namespacePerOrg', registration: { hookMode: 'split' } });
  const org = 'x'.repeat(35);
  const objects = orgObjects(catalog(org, settings), settings);
  const name = `lakekeeper-${org}`;
  expect(name).toHaveLength(46);
  for (const object of objects) expect(problemsOf(object, 'upstream'), nameOf(object)).toEqual([]);
  const role = the<{ rules: { resources: string[]; resourceNames: string[] }[] }>(
    objects.filter(({ metadata }) => metadata.namespace === name),
    'Role',
    `${name}.register`,
  );
  const [migration = ''] = role.rules.find(({ resources }) => resources[0] === 'jobs')?.resourceNames ?? [];
  expect(migration).toMatch(/^.{54}-[0-9a-f]{8}$/);
});

const checked = new Map<string, string[]>();
function problemsOf(object: Manifest, operator: keyof typeof operators): string[] {
  const key = operator + JSON.stringify(object);
  const known = checked.get(key);
  if (known) return known;
  const problems = look(object, operator);
  checked.set(key, problems);
  return problems;
}

function look(object: Manifest, operator: keyof typeof operators): string[] {
  // Newer than the types; amendments.test.ts, registration-policy.test.ts and a real API server look at them.
  if (/^(Mutating|Validating)AdmissionPolicy(Binding)?$/.test(object.kind)) return [];
  if (object.kind !== 'Lakekeeper') return acceptedByKubernetes(object);
  const problems = acceptedByCrd(object);
  if (operator !== 'fork') return problems;
  const { serviceAccountName, podMetadata, ...spec } = object.spec as Record<string, unknown>;
  expect(problems.toSorted()).toEqual([
    'spec.podMetadata: is not a known field',
    'spec.serviceAccountName: is not a known field',
  ]);
  return acceptedByCrd({ ...object, spec });
}

function emptyFields(value: unknown, at = ''): string[] {
  // An empty selector means every pod, the core group has the empty name, and a ConfigMap may have to be there with
  // nothing in it.
  if (/\.podSelector$|\.apiGroups\[\d\]$|^\.data$/.test(at)) return [];
  if (value === null || value === undefined || value === '') return [`${at} is ${JSON.stringify(value)}`];
  if (typeof value !== 'object') return [];
  const children = Object.entries(value);
  if (children.length === 0) return [`${at} is ${JSON.stringify(value)}`];
  return children.flatMap(([key, child]) =>
    emptyFields(child, Array.isArray(value) ? `${at}[${key}]` : `${at}.${key}`),
  );
}

function nameOf({ apiVersion, kind, metadata }: Manifest): string {
  return `${apiVersion} ${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
}

function messageOf(action: () => void): string {
  try {
    action();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error('expected an error');
}

function keys<T extends object>(of: T): (keyof T)[] {
  return Object.keys(of) as (keyof T)[];
}
