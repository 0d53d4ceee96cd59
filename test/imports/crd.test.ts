import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { acceptedByCrd, crd, crdFile, type Schema, withDefaults } from '../support/crd.ts';
import { acceptedByKubernetes } from '../support/kubernetes-types.ts';
import { fields, limits, types } from './crd-fields.ts';

const steps = (path: string) => path.split(/[.[\]]+/).filter((step) => step !== '');
const parentOf = (path: string) => path.replace(/(\.[^.]+|\[\d+\])$/, '');

type Container = Record<string, unknown>;

function at(object: unknown, path: string): unknown {
  return steps(path).reduce((value, step) => (value as Container | undefined)?.[step], object);
}

/** Sets the value at `path` of `object`; undefined takes it away. Objects and lists on the way are made. */
function put(object: Container, path: string, value: unknown): void {
  const [key = '', ...rest] = steps(path);
  if (rest.length > 0) {
    object[key] ??= /^\d+$/.test(rest[0] ?? '') ? [] : {};
    put(object[key] as Container, rest.join('.'), value);
  } else if (value !== undefined) object[key] = value;
  else if (Array.isArray(object)) object.splice(Number(key), 1);
  else delete object[key];
}

/** Every field of the table, except the two that another excludes. */
const everything: Container = {
  apiVersion: 'lakekeeper.k8s.lakekeeper.io/v1alpha1',
  kind: 'Lakekeeper',
  metadata: { name: 'lakekeeper-acme', namespace: 'lakekeeper' },
};
const excluded = /^spec\.database\.postgres\.userSecretRef|^spec\.secretStore\.vaultKV2\.userSecretRef/;
for (const { path, type, constraints } of fields) {
  const [accepted] = constraints.flatMap((constraint) => limits(constraint).accepted.slice(-1));
  const example = accepted ?? types[type]?.example;
  if (example !== undefined && !excluded.test(path)) put(everything, path, example);
}

/** A Lakekeeper with every field, but this one changed; undefined takes it away. */
function having(path: string, value: unknown): Container {
  const object = structuredClone(everything);
  put(object, path, value);
  return object;
}

/** What is said against the field at `path` or against something in it. */
const problemsAt = (path: string, object: unknown) =>
  acceptedByCrd(object).filter(
    (problem) => problem.startsWith(path) && /^[:.[]/.test(problem.slice(path.length)),
  );

const rootSchema = crd.spec.versions[0].schema.openAPIV3Schema;

/** Every field that the CRD has, with its schema, addressed as in the table. */
function schemaFields(schema: Schema, path: string): [string, Schema][] {
  const below = (child: Schema, childPath: string): [string, Schema][] => [
    [childPath, child],
    ...schemaFields(child, childPath),
  ];
  return [
    ...Object.entries(schema.properties ?? {}).flatMap(([key, child]) =>
      below(child, path === '' ? key : `${path}.${key}`),
    ),
    ...(schema.items?.properties ? below(schema.items, `${path}[0]`) : []),
    ...(schema.additionalProperties ? below(schema.additionalProperties, `${path}.cpu`) : []),
  ];
}
const stated = new Map(
  schemaFields(rootSchema, '').filter(([path]) => !/^(apiVersion|kind|metadata)$/.test(path)),
);

describe('the CRD as a whole', () => {
  test('is what imports/lakekeeper.k8s.lakekeeper.io.ts was generated from', () => {
    const directory = mkdtempSync(join(tmpdir(), 'cdk8s-import-'));
    try {
      const cdk8s = fileURLToPath(new URL('../../node_modules/.bin/cdk8s', import.meta.url));
      const options = '--language typescript --output . --no-save --check-upgrade=false'.split(' ');
      execFileSync(cdk8s, ['import', fileURLToPath(crdFile), ...options], { cwd: directory, stdio: 'pipe' });
      const generated = 'lakekeeper.k8s.lakekeeper.io.ts';
      expect(readdirSync(directory)).toEqual([generated]);
      const committed = readFileSync(new URL(`../../imports/${generated}`, import.meta.url), 'utf8');
      expect(readFileSync(join(directory, generated), 'utf8') === committed).toBe(true);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test('is itself an object that Kubernetes accepts', () => {
    expect(acceptedByKubernetes(crd)).toEqual([]);
  });

  test('has the identity of section 1', () => {
    expect(crd.spec).toEqual({
      group: 'lakekeeper.k8s.lakekeeper.io',
      names: {
        kind: 'Lakekeeper',
        listKind: 'LakekeeperList',
        plural: 'lakekeepers',
        singular: 'lakekeeper',
        shortNames: ['lk'],
      },
      scope: 'Namespaced',
      versions: [
        expect.objectContaining({
          name: 'v1alpha1',
          served: true,
          storage: true,
          subresources: { status: {} },
        }),
      ],
    });
    expect(crd).toHaveProperty('metadata', { name: 'lakekeepers.lakekeeper.k8s.lakekeeper.io' });
  });

  test('prints the columns of section 1 in their order', () => {
    expect(crd.spec.versions[0]).toHaveProperty('additionalPrinterColumns', [
      { name: 'Image', type: 'string', jsonPath: '.spec.image' },
      { name: 'Replicas', type: 'integer', jsonPath: '.spec.replicas' },
      { name: 'Ready', type: 'integer', jsonPath: '.status.readyReplicas' },
      { name: 'Bootstrapped', type: 'date', jsonPath: '.status.bootstrappedAt' },
      { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    ]);
  });

  test('has the fields of the table and no others', () => {
    expect([...stated.keys()].sort()).toEqual(fields.map(({ path }) => path).sort());
  });

  test('has five places with rules and six rules', () => {
    const rules = [...stated].flatMap(([path, schema]) =>
      (schema['x-kubernetes-validations'] ?? []).map(() => path),
    );
    expect(rules).toEqual([
      'spec.database',
      'spec.database.postgres',
      'spec.secretStore',
      'spec.secretStore.vaultKV2',
      'spec.authorization',
      'spec.authorization',
    ]);
  });

  test('has no pattern that Go cannot read', () => {
    const patterns = [...stated.values()].flatMap(({ pattern }) => pattern ?? []);
    // RE2 has no look-around, no back-references and no JavaScript escapes such as \u.
    for (const pattern of patterns) expect(pattern).not.toMatch(/\(\?|\\[^.+]/);
    expect(patterns.length).toBeGreaterThan(0);
  });

  test('accepts a Lakekeeper with every field, and leaves it as it is', () => {
    const object = structuredClone(everything);
    expect(acceptedByCrd(object)).toEqual([]);
    expect(withDefaults(object)).toEqual(everything);
    expect(object).toEqual(everything);
  });

  test('accepts a Lakekeeper without a spec, and adds none', () => {
    const { apiVersion, kind, metadata } = everything;
    expect(acceptedByCrd({ apiVersion, kind, metadata })).toEqual([]);
    expect(withDefaults({ apiVersion, kind, metadata })).toEqual({ apiVersion, kind, metadata });
  });

  test.each([
    ['an object of another kind', { kind: 'Warehouse' }, 'kind: is not Lakekeeper'],
    [
      'another version',
      { apiVersion: 'lakekeeper.k8s.lakekeeper.io/v1' },
      'apiVersion: is not lakekeeper.k8s.lakekeeper.io/v1alpha1',
    ],
    [
      'a name that is no DNS subdomain',
      { metadata: { name: 'A_b' } },
      'metadata.name: "A_b" is not a DNS-1123 subdomain',
    ],
    ['an unknown field beside spec', { sepc: {} }, 'sepc: is not a known field'],
    [
      'an unknown field of metadata',
      { metadata: { name: 'a', label: {} } },
      'metadata.label: is not a field of V1ObjectMeta',
    ],
  ])('refuses %s', (_, change, problem) => {
    expect(acceptedByCrd({ ...everything, ...change })).toEqual([problem]);
  });

  test.each([[undefined], [null], ['a'], [[]]])('refuses %j, which is no object', (value) => {
    expect(acceptedByCrd(value)).toEqual(['is not an object']);
  });
});

describe.each(fields)('$path', ({ path, type, required, constraints, defaultValue }) => {
  const { schema, foreign } = types[type] ?? { schema: {}, foreign: [] };

  test('has the keywords of its type, constraint and default, and no others', () => {
    const { description, properties, required: _, additionalProperties, ...others } = stated.get(path) ?? {};
    const { items, 'x-kubernetes-validations': __, ...keywords } = others;
    const own = items?.properties ? keywords : { ...keywords, items };
    const expected = Object.assign(
      { default: defaultValue },
      schema,
      ...constraints.map((word) => limits(word).keywords),
    );
    expect(own).toEqual(expected);
  });

  test(`is ${type}`, () => {
    for (const value of foreign)
      expect(problemsAt(path, having(path, value)), JSON.stringify(value)).not.toEqual([]);
    expect(problemsAt(path, having(path, null)), 'null').not.toEqual([]);
  });

  test(required ? 'is required' : 'is not required', () => {
    const listed = (path.includes('.') ? stated.get(parentOf(path)) : rootSchema)?.required?.includes(
      steps(path).at(-1) ?? '',
    );
    expect(listed ?? false).toBe(required);
    // A default is filled in before the required list is looked at.
    const missed = required && defaultValue === undefined;
    expect(problemsAt(path, having(path, undefined))).toEqual(missed ? [`${path}: is required`] : []);
  });

  if (constraints.length > 0) {
    test(`accepts and refuses by: ${constraints.join(', ')}`, () => {
      const all = constraints.map(limits);
      const accepted = all.flatMap((limit) => limit.accepted);
      for (const value of accepted)
        expect(problemsAt(path, having(path, value)), JSON.stringify(value)).toEqual([]);
      const refused = all.flatMap((limit) => limit.refused);
      for (const value of refused)
        expect(problemsAt(path, having(path, value)), JSON.stringify(value)).not.toEqual([]);
    });
  }

  test(
    defaultValue === undefined ? 'has no default' : `is ${JSON.stringify(defaultValue)} by default`,
    () => {
      expect(at(withDefaults(having(path, undefined)), path)).toEqual(defaultValue);
      if (defaultValue !== undefined) expect(problemsAt(path, having(path, defaultValue))).toEqual([]);
    },
  );

  if (type === 'object' || type === 'key selector') {
    test('refuses an unknown field', () => {
      expect(problemsAt(`${path}.bogus`, having(`${path}.bogus`, 'x'))).toEqual([
        `${path}.bogus: is not a known field`,
      ]);
    });
  }
});

describe('nulls', () => {
  test('give way to the default, or are dropped where there is none', () => {
    const stored = withDefaults({ spec: { server: { listenPort: null, baseURI: null } }, status: null });
    expect(stored).toEqual({
      spec: { replicas: 1, server: { listenPort: 8181, metricsPort: 9000, enableDefaultProject: true } },
    });
  });
});

describe('lists with keys', () => {
  test.each([['spec.resources.claims', { name: 'a' }, 'name']])('%s may not repeat', (path, item, key) => {
    expect(acceptedByCrd(having(path, [item]))).toEqual([]);
    expect(acceptedByCrd(having(path, [item, item]))).toEqual([
      `${path}[1]: repeats ${key} of an earlier item`,
    ]);
  });
});

describe('the rules of section 2.8', () => {
  const userSecretRef = { name: 'n', key: 'k' };
  const { user, ...postgres } = at(everything, 'spec.database.postgres') as Container;
  const { user: _, ...vaultKV2 } = at(everything, 'spec.secretStore.vaultKV2') as Container;
  const { openFGA, cedar } = at(everything, 'spec.authorization') as Container;
  const exactlyOne = 'exactly one of user and userSecretRef must be set';

  test.each([
    ['spec.database', 'postgres alone', 'postgres must be set when type is postgres', { type: 'postgres' }],
    [
      'spec.database',
      'postgres with postgres',
      'fine',
      { type: 'postgres', postgres: { ...postgres, user } },
    ],

    ['spec.database.postgres', 'user', 'fine', { ...postgres, user }],
    ['spec.database.postgres', 'userSecretRef', 'fine', { ...postgres, userSecretRef }],
    ['spec.database.postgres', 'neither', exactlyOne, postgres],
    ['spec.database.postgres', 'both', exactlyOne, { ...postgres, user, userSecretRef }],

    ['spec.secretStore', 'nothing', 'fine', {}],
    ['spec.secretStore', 'postgres', 'fine', { type: 'postgres' }],
    [
      'spec.secretStore',
      'postgres with vaultKV2',
      'fine',
      { type: 'postgres', vaultKV2: { ...vaultKV2, user } },
    ],
    ['spec.secretStore', 'vault-kv2', 'vaultKV2 must be set when type is vault-kv2', { type: 'vault-kv2' }],
    [
      'spec.secretStore',
      'vault-kv2 with vaultKV2',
      'fine',
      { type: 'vault-kv2', vaultKV2: { ...vaultKV2, user } },
    ],

    ['spec.secretStore.vaultKV2', 'user', 'fine', { ...vaultKV2, user }],
    ['spec.secretStore.vaultKV2', 'userSecretRef', 'fine', { ...vaultKV2, userSecretRef }],
    ['spec.secretStore.vaultKV2', 'neither', exactlyOne, vaultKV2],
    ['spec.secretStore.vaultKV2', 'both', exactlyOne, { ...vaultKV2, user, userSecretRef }],

    ['spec.authorization', 'allowall', 'fine', { backend: 'allowall' }],
    ['spec.authorization', 'allowall with both', 'fine', { backend: 'allowall', openFGA, cedar }],
    ['spec.authorization', 'openfga with openFGA', 'fine', { backend: 'openfga', openFGA }],
    [
      'spec.authorization',
      'openfga with cedar',
      'openFGA must be set when backend is openfga',
      { backend: 'openfga', cedar },
    ],
    ['spec.authorization', 'cedar with cedar', 'fine', { backend: 'cedar', cedar }],
    [
      'spec.authorization',
      'cedar with openFGA',
      'cedar must be set when backend is cedar',
      { backend: 'cedar', openFGA },
    ],
  ])('%s, %s: %s', (path, _, verdict, value) => {
    expect(acceptedByCrd(having(path, value))).toEqual(verdict === 'fine' ? [] : [`${path}: ${verdict}`]);
  });
});
