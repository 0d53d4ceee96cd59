import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { V1ConfigMap, V1Job } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { derivedVariables } from '../../src/platform/ignored-settings.ts';
import { warnings } from '../../src/platform/settings-warnings.ts';
import { createAuthority } from '../support/certificates.ts';
import {
  baseSettings,
  catalog,
  fleetObjects,
  type Manifest,
  orgObjects,
  otherStores,
  platform,
  platformObjects,
  type SettingsOverrides,
  systemIdentity,
  the,
} from '../support/fleet.ts';
import { listen } from '../support/listen.ts';
import { withDirectory } from '../support/tree.ts';

const amended = { operator: { amendments: true } } as const;
function variables(overrides: SettingsOverrides): Record<string, string> {
  const settings = platform({ ...amended, ...overrides });
  const from = orgObjects(catalog('acme', settings), settings);
  return the<V1ConfigMap>(from, 'ConfigMap', 'lakekeeper-acme-amendments').data ?? {};
}

describe("an org's variables", () => {
  test('are none where there is nothing to amend, and the ConfigMap is there all the same: pods ask for it', () => {
    expect(variables({})).toEqual({});
  });

  test('are those of the settings, by the names that the server reads', () => {
    const environment = { LAKEKEEPER__PAGINATION_SIZE_DEFAULT: '50', RUST_LOG: 'info' };
    expect(variables({ catalog: { environment } })).toEqual(environment);
  });

  test('switch TokenReview on, for the audience of the org', () => {
    expect(variables({ authentication: { mode: 'kubernetes' } })).toEqual({
      LAKEKEEPER__ENABLE_KUBERNETES_AUTHENTICATION: 'true',
      LAKEKEEPER__KUBERNETES_AUTHENTICATION_AUDIENCE: 'lakekeeper-acme',
    });
  });

  test('switch system identities on where the data store uses one', () => {
    expect(variables({ dataStores: systemIdentity })).toEqual({
      LAKEKEEPER__ENABLE_AWS_SYSTEM_CREDENTIALS: 'true',
      LAKEKEEPER__S3_ENABLE_DIRECT_SYSTEM_CREDENTIALS: 'true',
      LAKEKEEPER__S3_REQUIRE_EXTERNAL_ID_FOR_SYSTEM_CREDENTIALS: 'false',
    });
  });

  test.each([
    ['gcs by identity', 'GCP'],
    ['adls by identity', 'AZURE'],
  ] as const)('%s: switch on the identity of its cloud, and no other', (store, cloud) => {
    const all = variables({ dataStores: otherStores[store] });
    expect(all).toEqual({ [`LAKEKEEPER__ENABLE_${cloud}_SYSTEM_CREDENTIALS`]: 'true' });
    expect(derivedVariables).toEqual(expect.arrayContaining(Object.keys(all)));
  });

  test.each(['gcs', 'adls', 'adls by key', 'r2'] as const)('%s: a key needs no switch', (store) => {
    expect(variables({ dataStores: otherStores[store] })).toEqual({});
  });

  test('ask for an external id where the data store has one', () => {
    const credential = { type: 'systemIdentity', externalId: 'duckgres' } as const;
    const assumeRoleArn = 'arn:aws:iam::123456789012:role/lakekeeper';
    const dataStores = { s3bucket: { ...systemIdentity.s3bucket, assumeRoleArn, credential } };
    expect(variables({ dataStores })).toMatchObject({
      LAKEKEEPER__S3_REQUIRE_EXTERNAL_ID_FOR_SYSTEM_CREDENTIALS: 'true',
    });
  });

  const byCluster = {
    mode: 'openID',
    issuer: 'cluster',
    providerURI: 'https://kubernetes.default.svc',
  } as const;

  test("trust the cluster's CA beside the certificates of the image: an object store may have one of theirs", () => {
    expect(variables({ authentication: byCluster })).toEqual({
      SSL_CERT_FILE: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt',
      SSL_CERT_DIR: '/etc/ssl/certs',
    });
  });

  test('leave certificates of the settings alone', () => {
    const environment = { SSL_CERT_FILE: '/etc/ssl/own.pem' };
    expect(variables({ authentication: byCluster, catalog: { environment } })).toEqual(environment);
    const directory = { SSL_CERT_DIR: '/etc/own' };
    expect(variables({ authentication: byCluster, catalog: { environment: directory } })).toMatchObject(
      directory,
    );
  });

  test('that follow from other settings cannot be set by hand', () => {
    const all = { ...variables({ authentication: { mode: 'kubernetes' }, dataStores: systemIdentity }) };
    expect(Object.keys(all)).toHaveLength(5);
    expect(derivedVariables).toEqual(expect.arrayContaining(Object.keys(all)));
  });
});

interface Policy extends Manifest {
  readonly spec: {
    readonly matchConstraints: unknown;
    readonly variables: unknown;
    readonly mutations: {
      readonly applyConfiguration?: { readonly expression: string };
      readonly jsonPatch?: { readonly expression: string };
      readonly patchType: string;
    }[];
    readonly [field: string]: unknown;
  };
}
const name = 'lakekeeper-gitops-amendments';
const policyOf = (overrides: SettingsOverrides = {}) =>
  the<Policy>(platformObjects(platform({ ...amended, ...overrides })), 'MutatingAdmissionPolicy', name);

describe('the policy', () => {
  test('is stable: version v1, cluster-wide', () => {
    const { apiVersion, metadata } = policyOf();
    expect(apiVersion).toBe('admissionregistration.k8s.io/v1');
    expect(metadata).not.toHaveProperty('namespace');
  });

  test('looks at new pods of the operator, server and migration, in namespaces of catalogs', () => {
    // Both kinds carry name and instance (docs/facts/lakekeeper-crd.md §6.1).
    expect(policyOf().spec.matchConstraints).toEqual({
      namespaceSelector: { matchLabels: { 'lakekeeper-gitops/catalogs': 'true' } },
      objectSelector: {
        matchLabels: { 'app.kubernetes.io/name': 'lakekeeper' },
        matchExpressions: [{ key: 'app.kubernetes.io/instance', operator: 'Exists' }],
      },
      resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
    });
  });

  test.each(['sharedNamespace', 'namespacePerOrg'] as const)(
    '%s: every namespace of catalogs is one it looks at',
    (tenancy) => {
      const settings = platform({ tenancy, ...amended });
      const objects = fleetObjects([catalog('acme', settings), catalog('initech', settings)], settings);
      const namespaces = objects.filter(({ kind }) => kind === 'Namespace');
      const catalogs = objects.filter(({ kind }) => kind === 'Lakekeeper');
      expect(new Set(catalogs.map(({ metadata }) => metadata.namespace))).toEqual(
        new Set(namespaces.map(({ metadata }) => metadata.name)),
      );
      for (const { metadata } of namespaces)
        expect(metadata.labels).toHaveProperty(['lakekeeper-gitops/catalogs'], 'true');
    },
  );

  test('does not look at registration Jobs', () => {
    const settings = platform(amended);
    const objects = orgObjects(catalog('acme', settings), settings);
    const { spec } = the<{ spec: { template: { metadata: { labels: Record<string, string> } } } }>(
      objects,
      'Job',
      'lakekeeper-acme-register',
    );
    expect(spec.template.metadata.labels['app.kubernetes.io/name']).not.toBe('lakekeeper');
    expect(spec.template.metadata.labels).not.toHaveProperty(['app.kubernetes.io/instance']);
  });

  test('takes the name of the catalog from the pod itself, so that one policy is enough', () => {
    expect(policyOf().spec.variables).toContainEqual({
      name: 'catalog',
      expression: "object.metadata.labels['app.kubernetes.io/instance']",
    });
    expect(policyOf().spec.variables).toContainEqual({
      name: 'config',
      expression: 'variables.catalog + "-amendments"',
    });
  });

  test('refuses pods that it cannot amend, and looks again after others have changed them', () => {
    expect(policyOf().spec).toMatchObject({ failurePolicy: 'Fail', reinvocationPolicy: 'IfNeeded' });
  });

  test('gives pods the ServiceAccount and the variables of their catalog, which are rendered under these names', () => {
    const [identity, environment, ...others] = policyOf().spec.mutations;
    expect(others).toEqual([]);
    expect(identity?.patchType).toBe('ApplyConfiguration');
    expect(identity?.applyConfiguration?.expression).toContain('serviceAccountName: variables.catalog}');
    expect(environment?.patchType).toBe('JSONPatch');
    expect(environment?.jsonPatch?.expression).toContain(
      '{"configMapRef": dyn({"name": dyn(variables.config)})}',
    );
    const settings = platform(amended);
    const objects = orgObjects(catalog('acme', settings), settings);
    the(objects, 'ServiceAccount', 'lakekeeper-acme');
    the(objects, 'ConfigMap', 'lakekeeper-acme-amendments');
  });

  test('marks pods for the scraper, where somebody scrapes', () => {
    const identity = (overrides: SettingsOverrides) =>
      policyOf(overrides).spec.mutations[0]?.applyConfiguration?.expression;
    expect(identity({ catalog: { server: { metricsPort: 9100 } } })).toContain(
      ' : {"prometheus.io/scrape": "true", "prometheus.io/port": "9100", "prometheus.io/path": "/metrics"}',
    );
    expect(identity({ monitoring: undefined })).not.toContain('prometheus');
  });

  test("labels pods for Azure's webhook, where a store is reached with a workload identity of Azure", () => {
    const identity = (overrides: SettingsOverrides) =>
      policyOf(overrides).spec.mutations[0]?.applyConfiguration?.expression;
    const workloadIdentity = { identity: { provider: 'workloadIdentity' } } as const;
    const azure = { dataStores: otherStores['adls by identity'] };
    const label = ' : {"azure.workload.identity/use": "true"}';
    expect(identity({ ...workloadIdentity, ...azure })).toContain(label);
    const dataStore = otherStores['adls by identity'].s3bucket;
    expect(identity({ ...workloadIdentity, orgs: { acme: { dataStore } } })).toContain(label);
    for (const other of [
      azure,
      { ...workloadIdentity, dataStores: otherStores['gcs by identity'] },
      { ...workloadIdentity, dataStores: otherStores.adls },
    ])
      expect(identity(other)).not.toContain('azure');
  });

  test('is bound, without exceptions', () => {
    const objects = platformObjects(platform(amended));
    const binding = the(objects, 'MutatingAdmissionPolicyBinding', name);
    expect(binding.apiVersion).toBe('admissionregistration.k8s.io/v1');
    expect(binding.spec).toEqual({ policyName: name });
  });
});

describe('Kubernetes before 1.36', () => {
  const kindsAt = (overrides: object) =>
    platformObjects(platform({ ...amended, ...overrides } as SettingsOverrides))
      .filter(({ metadata }) => metadata.name === name)
      .map(({ apiVersion, kind }) => `${apiVersion} ${kind}`);

  test.each(['1.34', '1.35'])('%s has the policy as v1beta1', (kubernetesVersion) => {
    expect(kindsAt({ kubernetesVersion })).toEqual([
      'admissionregistration.k8s.io/v1beta1 MutatingAdmissionPolicy',
      'admissionregistration.k8s.io/v1beta1 MutatingAdmissionPolicyBinding',
    ]);
  });

  test('older ones have none: the error names the ways out', () => {
    expect(() => kindsAt({ kubernetesVersion: '1.33' })).toThrow(
      /operator\.amendments: needs Kubernetes 1\.34 or newer.*engine: kyverno.*the fork/,
    );
    expect(() => kindsAt({ kubernetesVersion: 1.3 as never })).toThrow(/kubernetesVersion: .*quotes/);
  });

  test("Kyverno's policy says the same, and leaves the operator's Deployments alone", () => {
    const kyverno = { operator: { amendments: { engine: 'kyverno' } }, kubernetesVersion: '1.29' } as const;
    expect(kindsAt(kyverno)).toEqual(['policies.kyverno.io/v1beta1 MutatingPolicy']);
    const policy = the<Policy>(platformObjects(platform(kyverno)), 'MutatingPolicy', name);
    const { autogen, ...spec } = policy.spec;
    expect(spec).toEqual(policyOf().spec);
    expect(autogen).toEqual({ podControllers: { controllers: [] } });
  });
});

describe('certificates of private authorities', () => {
  const trustedCertificates = { secret: { name: 'private-ca', key: 'bundle.pem' } };
  const path = '/etc/lakekeeper-gitops-certificates/ca.crt';

  test('are added to those of the system', () => {
    expect(variables({ trustedCertificates })).toEqual({
      SSL_CERT_FILE: path,
      SSL_CERT_DIR: '/etc/ssl/certs',
    });
  });

  test('are those of a Postgres that is verified, which has no others', () => {
    const { external } = baseSettings.metadataStores;
    const stores = (more: object) => ({
      trustedCertificates,
      metadataStores: { external: { ...external, ...more } },
    });
    expect(variables(stores({ sslMode: 'verify-full' }))).toMatchObject({
      LAKEKEEPER__PG_SSL_ROOT_CERT: path,
    });
    const own = { sslMode: 'verify-full', sslRootCertSecret: { name: 'pg-ca', key: 'ca.crt' } };
    expect(variables(stores(own))).not.toHaveProperty('LAKEKEEPER__PG_SSL_ROOT_CERT');
    expect(variables(stores({ sslMode: 'require' }))).not.toHaveProperty('LAKEKEEPER__PG_SSL_ROOT_CERT');
  });

  test('are those of the registration Job too', () => {
    const settings = platform({ ...amended, trustedCertificates });
    const job = the<V1Job>(
      orgObjects(catalog('acme', settings), settings),
      'Job',
      'lakekeeper-acme-register',
    );
    const spec = job.spec?.template.spec;
    expect(spec?.containers[0]?.env).toEqual([{ name: 'NODE_EXTRA_CA_CERTS', value: path }]);
    expect(spec?.containers[0]?.volumeMounts).toContainEqual({
      name: 'lakekeeper-gitops-certificates',
      mountPath: '/etc/lakekeeper-gitops-certificates',
      readOnly: true,
    });
    expect(spec?.volumes).toContainEqual({
      name: 'lakekeeper-gitops-certificates',
      secret: { secretName: 'private-ca', items: [{ key: 'bundle.pem', path: 'ca.crt' }] },
    });
  });

  test('let the Job reach a server of such an authority, which it does not trust without them', () =>
    withDirectory(async (directory) => {
      const settings = platform({ ...amended, trustedCertificates });
      const objects = orgObjects(catalog('acme', settings), settings);
      const [container] =
        the<V1Job>(objects, 'Job', 'lakekeeper-acme-register').spec?.template.spec?.containers ?? [];
      const authority = createAuthority('private');
      const file = join(directory, 'ca.crt');
      await writeFile(file, authority.cert);
      const server = createServer(authority.issue('idp', ['localhost']), (_, response) => response.end('{}'));
      const url = `https://localhost:${await listen(server)}`;
      const request = async (env: Record<string, string>) => {
        const script = `const { status } = await fetch('${url}'); console.log(status)`;
        const args = ['--input-type=module', '-e', script];
        return promisify(execFile)(process.execPath, args, { env }).then(
          ({ stdout }) => stdout.trim(),
          ({ stderr }) => stderr,
        );
      };
      // The volume is mounted at `path`; here the file is elsewhere.
      const env = (container?.env ?? []).map(({ name, value }) => [name, value?.replace(path, file)]);
      expect(await request(Object.fromEntries(env))).toBe('200');
      expect(await request({})).toContain('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
      server.close();
    }));

  test('cannot reach the catalogs without amendments, nor beside certificates that are set by hand', () => {
    expect(() => platform({ trustedCertificates })).toThrow(
      /trustedCertificates: would not reach the catalogs/,
    );
    const catalogSettings = { environment: { SSL_CERT_FILE: '/x' } };
    expect(() => platform({ ...amended, trustedCertificates, catalog: catalogSettings })).toThrow(
      /catalog\.environment\.SSL_CERT_FILE: follows from trustedCertificates/,
    );
  });

  test("have to contain the cluster's own, where it issues the tokens: a warning says so", () => {
    const authentication = {
      mode: 'openID',
      issuer: 'cluster',
      providerURI: 'https://kubernetes.default.svc',
    } as const;
    const settings = platform({ ...amended, trustedCertificates, authentication });
    expect(warnings(settings)).toEqual([
      { at: 'trustedCertificates', message: expect.stringContaining('kube-root-ca.crt') },
    ]);
    expect(warnings(platform({ ...amended, trustedCertificates }))).toEqual([]);
  });
});

test.each([
  ['upstream', {}],
  ['fork', { operator: { flavor: 'fork' } }],
] as const)('without amendments (%s) there is neither policy nor ConfigMap', (_, overrides) => {
  const settings = platform(overrides);
  const objects = fleetObjects([catalog('acme', settings)], settings);
  expect(objects.filter(({ kind }) => kind.startsWith('MutatingAdmission'))).toEqual([]);
  expect(objects.filter(({ metadata }) => metadata.name.endsWith('-amendments'))).toEqual([]);
});
