import { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { Catalog, DataStore } from '../catalog/catalog.ts';
import { cloudIdentityFor } from '../catalog/cloud-identity.ts';
import { amendmentsSuffix } from '../catalog/registration-inputs.ts';
import { isServedByApiServer } from '../platform/cluster-issuer.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { dataStoreSettings } from '../platform/settings-with-paths.ts';
import { catalogNamespaceLabels, orgMetadata, platformMetadata } from './metadata.ts';

/**
 * Amendments complete the pods of the upstream operator at admission. They set what the operator has no field for, or
 * writes under a name that the server does not read. There is one MutatingAdmissionPolicy (stable in Kubernetes 1.36)
 * for all orgs and one ConfigMap per org; the pod's label names its catalog. A pod does not start while its ConfigMap
 * is missing, so that no pod runs without its authentication.
 */

const name = 'lakekeeper-gitops-amendments';

/** The ConfigMap with an org's variables of the server. Its pods have it as `envFrom`. */
export function amendmentsConfig(scope: Construct, catalog: Catalog, platform: Platform): void {
  new k8s.KubeConfigMap(scope, 'amendments', {
    metadata: orgMetadata(catalog, amendmentsSuffix),
    data: amendedVariables(catalog, platform),
  });
}

/** Variables that the server reads: docs/facts/lakekeeper-crd.md §8.2, docs/facts/lakekeeper-auth.md §2. */
export function amendedVariables(
  { authentication, dataStore }: Catalog,
  platform: Platform,
): Record<string, string> {
  const variables: Record<string, string> = { ...platform.catalog.environment };
  if (authentication.mode === 'kubernetes') {
    variables.LAKEKEEPER__ENABLE_KUBERNETES_AUTHENTICATION = 'true';
    variables.LAKEKEEPER__KUBERNETES_AUTHENTICATION_AUDIENCE = authentication.audience;
  }
  if (authentication.mode === 'openID' && isServedByApiServer(authentication) && !variables.SSL_CERT_FILE) {
    // The API server's certificate is signed by the cluster's own CA, which every pod has in its token volume.
    // The file alone would replace the certificates of the image, which object stores need
    // (docs/facts/lakekeeper-management-api.md §9).
    variables.SSL_CERT_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt';
    variables.SSL_CERT_DIR ??= '/etc/ssl/certs';
  }
  return { ...variables, ...identityVariables(dataStore) };
}

function identityVariables(dataStore: DataStore): Record<string, string> {
  const identity = cloudIdentityFor(dataStore);
  if (identity === undefined) return {};
  if (identity.cloud !== 'aws')
    return { [`LAKEKEEPER__ENABLE_${identity.cloud.toUpperCase()}_SYSTEM_CREDENTIALS`]: 'true' };
  return {
    LAKEKEEPER__ENABLE_AWS_SYSTEM_CREDENTIALS: 'true',
    LAKEKEEPER__S3_ENABLE_DIRECT_SYSTEM_CREDENTIALS: 'true',
    LAKEKEEPER__S3_REQUIRE_EXTERNAL_ID_FOR_SYSTEM_CREDENTIALS: String(identity.hasExternalId),
  };
}

export function scrapeAnnotations({ catalog }: Platform): Record<string, string> {
  return {
    'prometheus.io/scrape': 'true',
    'prometheus.io/port': String(catalog.server.metricsPort),
    'prometheus.io/path': '/metrics',
  };
}

/** The policy that amends the pods of all catalogs, and its binding. */
export function amendmentsPolicy(scope: Construct, platform: Platform): void {
  const apiVersion = 'admissionregistration.k8s.io/v1';
  new ApiObject(scope, 'policy', {
    apiVersion,
    kind: 'MutatingAdmissionPolicy',
    metadata: platformMetadata(name),
    spec: {
      failurePolicy: 'Fail',
      reinvocationPolicy: 'IfNeeded',
      matchConstraints: {
        namespaceSelector: { matchLabels: catalogNamespaceLabels },
        objectSelector: {
          matchLabels: { 'app.kubernetes.io/name': 'lakekeeper' },
          matchExpressions: [{ key: 'app.kubernetes.io/instance', operator: 'Exists' }],
        },
        resourceRules: [
          { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] },
        ],
      },
      variables: policyVariables,
      mutations: [
        { patchType: 'ApplyConfiguration', applyConfiguration: { expression: identity(platform) } },
        { patchType: 'JSONPatch', jsonPatch: { expression: environment } },
      ],
    },
  });
  new ApiObject(scope, 'policy-binding', {
    apiVersion,
    kind: 'MutatingAdmissionPolicyBinding',
    metadata: platformMetadata(name),
    spec: { policyName: name },
  });
}

function identity(platform: Platform): string {
  const added = [
    ['annotations', platform.monitoring ? scrapeAnnotations(platform) : {}],
    ['labels', azureWorkloadIdentity(platform)],
  ] as const;
  const fields = added
    .filter(([, entries]) => Object.keys(entries).length > 0)
    .map(([field, entries]) => `${field}: ${celMap(entries)}`);
  const metadata = fields.length === 0 ? '' : `metadata: Object.metadata{${fields.join(', ')}},\n  `;
  return `Object{\n  ${metadata}spec: Object.spec{serviceAccountName: variables.catalog}\n}\n`;
}

/** Azure's webhook adds its token to pods with this label only. The ServiceAccount names the identity. */
function azureWorkloadIdentity(platform: Platform): Record<string, string> {
  const isUsed =
    platform.identity.provider === 'workloadIdentity' &&
    dataStoreSettings(platform).some(
      ([, { type, credential }]) => type === 'adls' && credential.type === 'systemIdentity',
    );
  return isUsed ? { 'azure.workload.identity/use': 'true' } : {};
}

function celMap(entries: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(entries).map(
    ([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`,
  );
  return `{${pairs.join(', ')}}`;
}

/**
 * The operator's containers, of the server and of the migration (docs/facts/operator-recordings.md). Webhooks may add
 * other containers before them.
 */
const containerNames = ['lakekeeper', 'migrate'];

const policyVariables = [
  { name: 'catalog', expression: "object.metadata.labels['app.kubernetes.io/instance']" },
  { name: 'config', expression: `variables.catalog + "${amendmentsSuffix}"` },
  {
    name: 'index',
    expression: `object.spec.containers.map(c, c.name in ${JSON.stringify(containerNames)}).indexOf(true)`,
  },
  {
    name: 'sources',
    expression:
      'variables.index < 0 ? [] : ' +
      'object.spec.containers[variables.index].?envFrom.orValue([]).map(e, ' +
      'e.?configMapRef.?name.orValue(""))',
  },
  {
    // The path "missing" refuses a pod without such a container. An index of -1 would be its last container.
    name: 'path',
    expression:
      '"/spec/containers/" + (variables.index < 0 ? "missing" : string(variables.index)) + "/envFrom"',
  },
];

/**
 * The operator sets no envFrom. Entries of other webhooks stay, and ours is added once, however often the policy is
 * called. Each patch adds one object: a list as the value of a patch panics the API server (seen with 1.36.3; the pod
 * is refused). The operator's variables are in env, which takes precedence.
 */
const environment = `variables.config in variables.sources ? [] :
  (size(variables.sources) > 0 ? [] : [JSONPatch{op: "add", path: variables.path, value: []}]) +
  [JSONPatch{op: "add", path: variables.path + "/-", value: Object.spec.containers.envFrom{
    configMapRef: Object.spec.containers.envFrom.configMapRef{name: variables.config}
  }}]
`;
