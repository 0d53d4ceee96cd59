import { describe, expect, test } from 'vitest';
import { acceptedByKubernetes } from '../support/kubernetes-types.ts';

type Manifest = Record<string, unknown> & { readonly apiVersion: string; readonly kind: string };

const metadata = {
  name: 'acme',
  namespace: 'lakekeeper',
  labels: { 'app.kubernetes.io/part-of': 'lakekeeper-gitops', empty: '' },
  // The case of an annotation's prefix does not matter; that of a label's does.
  annotations: { 'Example.COM/Org': 'Any text: ü\n' },
};
const container = {
  name: 'register',
  image: 'example.com/register:1',
  args: ['register'],
  env: [{ name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 's', key: 'password' } } }],
  ports: [{ name: 'http', containerPort: 8181, protocol: 'TCP' }],
  resources: { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '128Mi' } },
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
    capabilities: { drop: ['ALL'] },
    seccompProfile: { type: 'RuntimeDefault' },
  },
  volumeMounts: [{ name: 'token', mountPath: '/var/run/token', readOnly: true }],
};
const token = { serviceAccountToken: { path: 'token', audience: 'lakekeeper', expirationSeconds: 3600 } };
const jobSpec = {
  backoffLimit: 3,
  activeDeadlineSeconds: 600,
  ttlSecondsAfterFinished: 600,
  template: {
    metadata: { labels: { 'app.kubernetes.io/name': 'register' } },
    spec: {
      restartPolicy: 'Never',
      serviceAccountName: 'register',
      hostAliases: [{ ip: '10.0.0.1', hostnames: ['a'] }],
      containers: [container],
      volumes: [{ name: 'token', projected: { sources: [token] } }],
    },
  },
};
const rules = [{ apiGroups: [''], resources: ['secrets'], resourceNames: ['acme'], verbs: ['get'] }];
const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'acme' };
const subjects = [{ kind: 'ServiceAccount', name: 'acme', namespace: 'lakekeeper' }];
const { namespace, ...clusterMetadata } = metadata;

const namespaceObject: Manifest = { apiVersion: 'v1', kind: 'Namespace', metadata: clusterMetadata };
const configMap: Manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'inputs.json': '{}' } };
const serviceAccount: Manifest = {
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata,
  automountServiceAccountToken: false,
};
const service: Manifest = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata,
  spec: {
    clusterIP: 'None',
    ports: [
      { port: 80, targetPort: 'http' },
      { port: 81, targetPort: 8181, name: 'b' },
    ],
  },
};
const job: Manifest = { apiVersion: 'batch/v1', kind: 'Job', metadata, spec: jobSpec };
const cronJob: Manifest = {
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata,
  spec: {
    schedule: '0 * * * *',
    timeZone: 'Etc/UTC',
    concurrencyPolicy: 'Forbid',
    jobTemplate: { spec: jobSpec },
  },
};
const networkPolicy: Manifest = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata,
  spec: {
    podSelector: { matchLabels: { 'app.kubernetes.io/name': 'lakekeeper' } },
    policyTypes: ['Ingress', 'Egress'],
    ingress: [
      { from: [{ podSelector: {}, namespaceSelector: {} }], ports: [{ port: 'http', protocol: 'TCP' }] },
    ],
    egress: [
      { to: [{ ipBlock: { cidr: '169.254.170.23/32' } }], ports: [{ port: 80 }, { port: 1, endPort: 9 }] },
    ],
  },
};
const rbac = 'rbac.authorization.k8s.io/v1';
const role: Manifest = { apiVersion: rbac, kind: 'Role', metadata, rules };
const roleBinding: Manifest = { apiVersion: rbac, kind: 'RoleBinding', metadata, roleRef, subjects };
const clusterRole: Manifest = {
  apiVersion: rbac,
  kind: 'ClusterRole',
  metadata: { ...clusterMetadata, name: 'system:acme' },
  rules: [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }],
};
const clusterRoleBinding: Manifest = {
  apiVersion: rbac,
  kind: 'ClusterRoleBinding',
  metadata: clusterMetadata,
  roleRef: { ...roleRef, kind: 'ClusterRole', name: 'system:auth-delegator' },
  subjects,
};

/** The object with the value at `path` changed; undefined takes it away. */
function having(object: Manifest, path: string, value: unknown): unknown {
  const copy: unknown = structuredClone(object);
  const keys = path.split('/');
  const last = keys.pop() ?? '';
  const parent = keys.reduce((at, key) => (at as Record<string, unknown>)[key], copy) as Record<
    string,
    unknown
  >;
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
}

describe('accepts', () => {
  test.each([
    namespaceObject,
    serviceAccount,
    configMap,
    service,
    role,
    roleBinding,
    clusterRole,
    clusterRoleBinding,
    networkPolicy,
    job,
    cronJob,
  ])('a well-formed $kind', (object) => {
    expect(acceptedByKubernetes(object)).toEqual([]);
  });

  test('fields that are undefined, because they do not travel', () => {
    expect(acceptedByKubernetes({ ...configMap, binaryDatum: undefined })).toEqual([]);
  });

  test.each([
    ['a Job', job, 'metadata/name', 63],
    ['a CronJob', cronJob, 'metadata/name', 52],
    ['a Namespace', namespaceObject, 'metadata/name', 63],
    ['a Service', service, 'metadata/name', 63],
    ['a ServiceAccount', serviceAccount, 'metadata/name', 253],
    ['a namespace', configMap, 'metadata/namespace', 63],
    ['a label', configMap, 'metadata/labels/empty', 63],
  ])('%s of at most as many characters as Kubernetes allows', (_, object, path, longest) => {
    expect(acceptedByKubernetes(having(object, path, 'a'.repeat(longest)))).toEqual([]);
    expect(acceptedByKubernetes(having(object, path, 'a'.repeat(longest + 1)))).toEqual([
      `${path.replaceAll('/', '.')}: is longer than ${longest} characters`,
    ]);
  });

  test('annotations of at most 256 KiB together, counted in bytes with their keys', () => {
    const annotations = { a: 'ü'.repeat(128 * 1024 - 1), b: '' };
    expect(acceptedByKubernetes(having(configMap, 'metadata/annotations', annotations))).toEqual([]);
    expect(
      acceptedByKubernetes(having(configMap, 'metadata/annotations', { ...annotations, b: 'x' })),
    ).toEqual(['metadata.annotations: are longer than 256 KiB together']);
  });

  test('data of at most 1 MiB', () => {
    expect(acceptedByKubernetes(having(configMap, 'data', { a: 'x'.repeat(2 ** 20) }))).toEqual([]);
    expect(acceptedByKubernetes(having(configMap, 'data', { a: 'x'.repeat(2 ** 20), b: 'x' }))).toEqual([
      'data: is longer than 1 MiB',
    ]);
  });
});

describe('refuses', () => {
  const pod = 'spec/template/spec';
  const container0 = `${pod}/containers/0`;
  const volume0 = 'spec/jobTemplate/spec/template/spec/volumes/0';
  test.each([
    ['a misspelt field', configMap, 'dota', {}, 'is not a field of V1ConfigMap'],
    ['a misspelt field of metadata', configMap, 'metadata/label', {}, 'is not a field of V1ObjectMeta'],
    [
      'a misspelt field far down',
      job,
      `${container0}/imagePullpolicy`,
      'Always',
      'is not a field of V1Container',
    ],
    [
      'a misspelt field further down',
      cronJob,
      `${volume0}/projected/x`,
      1,
      'is not a field of V1ProjectedVolumeSource',
    ],
    [
      'a misspelt peer',
      networkPolicy,
      'spec/ingress/0/from/0/pod',
      {},
      'is not a field of V1NetworkPolicyPeer',
    ],
    ['a field that came after 1.28', job, 'spec/managedBy', 'a/b', 'is not a field in Kubernetes 1.28'],
    ['a text where a number belongs', job, 'spec/backoffLimit', '3', 'must be integer'],
    ['a number where a text belongs', configMap, 'data/port', 8181, 'must be string'],
    ['an object where a list belongs', role, 'rules', {}, 'must be array'],
    ['a missing field', job, `${pod}/containers`, undefined, 'is required'],
    ['a wrong word', job, `${pod}/restartPolicy`, 'Sometimes', 'must be one of Always, Never, OnFailure'],
    ['no metadata', configMap, 'metadata', undefined, 'is missing'],
    ['no name', configMap, 'metadata/name', undefined, 'is missing'],
    [
      'a name with a capital letter',
      configMap,
      'metadata/name',
      'Acme',
      '"Acme" is not a DNS-1123 subdomain',
    ],
    ['a name with an underscore', networkPolicy, 'metadata/name', 'a_b', '"a_b" is not a DNS-1123 subdomain'],
    ['a name that ends in a hyphen', job, 'metadata/name', 'a-', '"a-" is not a DNS-1123 subdomain'],
    ['a name with a dot', namespaceObject, 'metadata/name', 'a.b', '"a.b" is not a DNS-1123 label'],
    ['a name that starts with a digit', service, 'metadata/name', '1a', '"1a" is not a DNS-1035 label'],
    ['a name with a slash', role, 'metadata/name', 'a/b', '"a/b" is not one segment of a path'],
    ['a namespace with a dot', configMap, 'metadata/namespace', 'a.b', '"a.b" is not a DNS-1123 label'],
    ['a label value with a space', configMap, 'metadata/labels/a', 'a b', '"a b" is not a label value'],
    ['a label value that ends in a dot', configMap, 'metadata/labels/a', 'a.', '"a." is not a label value'],
    [
      'a bad label of a pod template',
      job,
      'spec/template/metadata/labels/a',
      '-',
      '"-" is not a label value',
    ],
    [
      'a bad label in a selector',
      networkPolicy,
      'spec/podSelector/matchLabels/a',
      'ü',
      '"ü" is not a label value',
    ],
    ['a bad data key', configMap, 'data/a b', '', '"a b" is not a key of a volume'],
  ])('%s', (_, object, path, value, problem) => {
    const at = path.replace(/\/(\d+)/g, '[$1]').replaceAll('/', '.');
    expect(acceptedByKubernetes(having(object, path, value))).toEqual([`${at}: ${problem}`]);
  });

  test.each([namespaceObject, clusterRole, clusterRoleBinding])('a namespace on a $kind', (object) => {
    expect(acceptedByKubernetes(having(object, 'metadata/namespace', 'a'))).toEqual([
      `metadata.namespace: is not allowed on a ${object.kind}`,
    ]);
  });

  test.each([
    ['a space', 'a b', 'a b: "a b" is not a qualified name'],
    ['a bad prefix', 'A_b/c', 'the prefix of A_b/c: "A_b" is not a DNS-1123 subdomain'],
    ['no prefix before the slash', '/c', 'the prefix of /c: "" is not a DNS-1123 subdomain'],
    ['no name after the slash', 'a/', 'the name of a/: "" is not a qualified name'],
    ['two slashes', 'a/b/c', 'the prefix of a/b/c: "a/b" is not a DNS-1123 subdomain'],
    ['64 characters', 'k'.repeat(64), `${'k'.repeat(64)}: is longer than 63 characters`],
  ])('a label key with %s', (_, key, problem) => {
    const labels = having(configMap, 'metadata/labels', { [key]: '' });
    expect(acceptedByKubernetes(labels)).toEqual([`metadata.labels: ${problem}`]);
  });

  test('an annotation key that is not qualified', () => {
    expect(acceptedByKubernetes(having(configMap, 'metadata/annotations', { 'a b': '' }))).toEqual([
      'metadata.annotations: a b: "a b" is not a qualified name',
    ]);
  });

  test('a field far down that came after 1.28', () => {
    const lifecycle = { preStop: { sleep: { seconds: 1 } } };
    expect(acceptedByKubernetes(having(job, `${container0}/lifecycle`, lifecycle))).toEqual([
      'spec.template.spec.containers[0].lifecycle.preStop.sleep: is not a field in Kubernetes 1.28',
    ]);
  });

  test('a quantity that is none', () => {
    expect(acceptedByKubernetes(having(job, `${container0}/resources/limits/memory`, '1 GB'))).toContain(
      'spec.template.spec.containers[0].resources.limits.memory: must match format "quantity"',
    );
  });

  test.each([
    ['a custom resource', { apiVersion: 'lakekeeper.k8s.lakekeeper.io/v1alpha1', kind: 'Lakekeeper' }],
    [
      'MutatingAdmissionPolicy',
      { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'MutatingAdmissionPolicy' },
    ],
    ['a kind of another group', { apiVersion: 'apps/v1', kind: 'Job' }],
    ['a part of an object', { apiVersion: 'batch/v1', kind: 'JobSpec' }],
    ['a path', { apiVersion: '../v1', kind: 'Namespace' }],
  ])('%s, which it does not know', (_, { apiVersion, kind }) => {
    expect(acceptedByKubernetes({ apiVersion, kind, metadata })).toEqual([
      `${apiVersion} ${kind}: is not a built-in kind that is known here`,
    ]);
  });

  test('a kind that 1.28 does not serve', () => {
    const policy = { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicy' };
    expect(acceptedByKubernetes({ ...policy, metadata: clusterMetadata })).toEqual([
      'admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy: is not served by Kubernetes 1.28',
    ]);
  });

  test.each([[undefined], [null], ['a'], [[]], [{}]])('%j, which is no object of Kubernetes', (value) => {
    expect(acceptedByKubernetes(value)).toHaveLength(1);
  });
});
