import { secretKeys } from '../catalog/catalog.ts';
import { amendmentsSuffix } from '../catalog/registration-inputs.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { dataStoreSettings } from '../platform/settings-with-paths.ts';
import { certificateMount, certificateSource, certificateVolume } from '../platform/trusted-certificates.ts';
import { scrapeAnnotations } from './amendments.ts';
import { CelExpression, celLiteral, celTexts } from './cel.ts';
import { podFields, withoutSidecars } from './pod-fields.ts';

/** The mutations of the policy of amendments, in CEL. */

/**
 * The operator's containers, of the server and of the migration (docs/facts/operator-recordings.md). Webhooks may add
 * other containers before them.
 */
const containerNames = ['lakekeeper', 'migrate'];

export const policyVariables = [
  { name: 'catalog', expression: "object.metadata.labels['app.kubernetes.io/instance']" },
  { name: 'config', expression: `variables.catalog + "${amendmentsSuffix}"` },
  {
    name: 'migrates',
    expression: 'object.metadata.labels[?\'app.kubernetes.io/component\'].orValue("") == "migration"',
  },
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
    // A pod without such a container is refused, by a path that no pod has: -1 would be the last container.
    name: 'container',
    expression: '"/spec/containers/" + (variables.index < 0 ? "missing" : string(variables.index))',
  },
];

/** The ServiceAccount, labels and annotations. */
export function amendedMetadata(platform: Platform): string {
  const { pods } = platform.catalog;
  const labels = { ...azureWorkloadIdentity(platform), ...pods.labels };
  const annotations = { ...(platform.monitoring ? scrapeAnnotations(platform) : {}), ...pods.annotations };
  const metadata = [
    `annotations: ${withOthersForMigration(annotations, withoutSidecars.annotations)}`,
    `labels: ${withOthersForMigration(labels, withoutSidecars.labels)}`,
  ];
  return (
    `Object{\n  metadata: Object.metadata{\n    ${metadata.join(',\n    ')}\n  },\n` +
    '  spec: Object.spec{serviceAccountName: variables.catalog}\n}\n'
  );
}

/** A migration would not end with a sidecar. The server may have one. */
function withOthersForMigration(
  entries: Readonly<Record<string, string>>,
  others: Readonly<Record<string, string>>,
): string {
  return `variables.migrates ? ${celTexts({ ...others, ...entries })} : ${celTexts(entries)}`;
}

/** Azure's webhook adds tokens only to pods with this label; the ServiceAccount has the client id. */
function azureWorkloadIdentity(platform: Platform): Record<string, string> {
  const isUsed =
    platform.identity.provider === 'workloadIdentity' &&
    dataStoreSettings(platform).some(
      ([, { type, credential }]) => type === 'adls' && credential.type === 'systemIdentity',
    );
  return isUsed ? { 'azure.workload.identity/use': 'true' } : {};
}

/**
 * The patches of a pod. The policy may be called again, so a pod that already has the variables gets no patch. The
 * operator sets none of these fields. Entries of other webhooks stay. Each patch adds one entry, because the API
 * server panics on a list of typed objects as the value of a patch (seen with 1.36.3; the pod is refused). Variables
 * that the operator sets are in env, which takes precedence over envFrom.
 */
export function podPatches(platform: Platform): string {
  const patches = [
    ...append('variables.container + "/envFrom"', 'size(variables.sources) > 0', [
      { configMapRef: { name: new CelExpression('variables.config') } },
    ]),
    ...append('variables.container + "/env"', `variables.index < 0 || has(${container}.env)`, [
      instanceAdmins,
    ]),
    ...certificatePatches(platform),
    ...fieldPatches(platform),
  ];
  return `variables.config in variables.sources ? [] :\n  ${patches.join(' +\n  ')}\n`;
}

const container = 'object.spec.containers[variables.index]';

/** If the ConfigMap of an org does not have them, registration writes them into its Secret. */
const instanceAdmins = {
  name: 'LAKEKEEPER__INSTANCE_ADMINS',
  valueFrom: {
    secretKeyRef: {
      name: new CelExpression('variables.catalog'),
      key: secretKeys.instanceAdmins,
      optional: true,
    },
  },
};

function certificatePatches(platform: Platform): string[] {
  const source = certificateSource(platform);
  if (source === undefined) return [];
  const mounts = `${container}.volumeMounts`;
  return [
    ...append('"/spec/volumes"', 'has(object.spec.volumes)', [{ name: certificateVolume, ...source }]),
    ...append('variables.container + "/volumeMounts"', `variables.index < 0 || has(${mounts})`, [
      certificateMount,
    ]),
  ];
}

function fieldPatches({ catalog }: Platform): string[] {
  const ownPods = { 'app.kubernetes.io/instance': new CelExpression('variables.catalog') };
  const { nodeSelector, affinity, priorityClassName, ...lists } = podFields(catalog.pods, ownPods);
  return [
    ...Object.entries(lists).flatMap(([field, entries]) =>
      append(`"/spec/${field}"`, `has(object.spec.${field})`, entries ?? []),
    ),
    ...(nodeSelector ? [unless('has(object.spec.nodeSelector)', add('"/spec/nodeSelector"', {}))] : []),
    ...Object.entries(nodeSelector ?? {}).map(([key, value]) =>
      always(add(JSON.stringify(`/spec/nodeSelector/${key.replaceAll('/', '~1')}`), value)),
    ),
    ...(affinity ? [always(add('"/spec/affinity"', affinity))] : []),
    ...(priorityClassName ? priority(priorityClassName) : []),
  ];
}

/** Kubernetes has already set both fields for the default class. It refuses values that do not match the class. */
function priority(className: string): string[] {
  const remove = (field: string) =>
    `(has(object.spec.${field}) ? [JSONPatch{op: "remove", path: "/spec/${field}"}] : [])`;
  return [
    remove('priority'),
    remove('preemptionPolicy'),
    always(add('"/spec/priorityClassName"', className)),
  ];
}

/** Patches that append entries to a list. */
function append(path: string, isThere: string, entries: readonly unknown[]): string[] {
  if (entries.length === 0) return [];
  const each = entries.map((entry) => add(`${path} + "/-"`, entry));
  return [unless(isThere, add(path, [])), always(...each)];
}

function add(path: string, value: unknown): string {
  return `JSONPatch{op: "add", path: ${path}, value: ${celLiteral(value)}}`;
}

function always(...patches: readonly string[]): string {
  return `[${patches.join(',\n   ')}]`;
}

function unless(condition: string, patch: string): string {
  return `(${condition} ? [] : [${patch}])`;
}
