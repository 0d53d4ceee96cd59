import * as z from 'zod';
import {
  annotations,
  isOurs,
  labelKey,
  labels,
  labelValueTemplate,
  namespaceTemplate,
  objectNameTemplate,
  reservedMessage,
} from './kubernetes-names.ts';
import { hasPlaceholder } from './setting-template.ts';

/**
 * What pods have beyond their containers, in the form of a Kubernetes pod. What the API server would refuse is refused
 * here. Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
 */

const refuse = (context: z.RefinementCtx, path: string, message: string) =>
  context.addIssue({ code: 'custom', path: [path], message });

const labelRequirement = z
  .strictObject({
    key: labelKey,
    operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
    values: z.array(labelValueTemplate).min(1).optional(),
  })
  .superRefine(refuseWrongValues);

const nodeRequirement = z
  .strictObject({
    key: labelKey,
    operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt']),
    values: z.array(labelValueTemplate).min(1).optional(),
  })
  .superRefine((requirement, context) => {
    refuseWrongValues(requirement, context);
    const { operator, values = [] } = requirement;
    const isNumber = values.length === 1 && /^[0-9]{1,15}$/.test(values[0] ?? '');
    if ((operator === 'Gt' || operator === 'Lt') && !isNumber)
      refuse(context, 'values', `of ${operator}: expected one whole number`);
  });

function refuseWrongValues(
  { operator, values }: { readonly operator: string; readonly values?: readonly string[] | undefined },
  context: z.RefinementCtx,
): void {
  const takesNone = operator === 'Exists' || operator === 'DoesNotExist';
  if (takesNone && values) refuse(context, 'values', `has no effect with ${operator}; leave it out`);
  if (!takesNone && !values) refuse(context, 'values', `is missing; ${operator} needs it`);
}

const labelSelector = z.strictObject({
  matchLabels: labels.optional(),
  matchExpressions: z.array(labelRequirement).min(1).optional(),
});
const ofOwnPods = labelSelector.optional().describe('The pods of the same catalog when left out');

const nodeSelectorTerm = z.strictObject({ matchExpressions: z.array(nodeRequirement).min(1) });
const weight = z.int().min(1).max(100);
/** The API server reads larger ones as negative. */
const positiveInt32 = z
  .int()
  .min(1)
  .max(2 ** 31 - 1);

const podAffinityTerm = z.strictObject({
  labelSelector: ofOwnPods,
  topologyKey: labelKey,
  namespaces: z.array(namespaceTemplate).min(1).optional(),
});
const podAffinity = z.strictObject({
  requiredDuringSchedulingIgnoredDuringExecution: z.array(podAffinityTerm).min(1).optional(),
  preferredDuringSchedulingIgnoredDuringExecution: z
    .array(z.strictObject({ weight, podAffinityTerm }))
    .min(1)
    .optional(),
});

const affinity = z.strictObject({
  nodeAffinity: z
    .strictObject({
      requiredDuringSchedulingIgnoredDuringExecution: z
        .strictObject({ nodeSelectorTerms: z.array(nodeSelectorTerm).min(1) })
        .optional(),
      preferredDuringSchedulingIgnoredDuringExecution: z
        .array(z.strictObject({ weight, preference: nodeSelectorTerm }))
        .min(1)
        .optional(),
    })
    .optional(),
  podAffinity: podAffinity.optional(),
  podAntiAffinity: podAffinity.optional(),
});

const toleration = z
  .strictObject({
    key: labelKey.optional().describe('Every taint when left out, with operator Exists'),
    operator: z.enum(['Equal', 'Exists']).optional(),
    value: labelValueTemplate.optional(),
    effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional(),
    tolerationSeconds: z.int().min(0).optional(),
  })
  .superRefine(({ key, operator, value, effect, tolerationSeconds }, context) => {
    if (key === undefined && operator !== 'Exists')
      refuse(context, 'operator', 'is not Exists; a toleration without a key needs it');
    if (operator === 'Exists' && value !== undefined)
      refuse(context, 'value', 'has no effect with operator Exists; leave it out');
    if (tolerationSeconds !== undefined && effect !== 'NoExecute')
      refuse(context, 'tolerationSeconds', 'has no effect without effect NoExecute');
  });

const topologySpreadConstraint = z
  .strictObject({
    maxSkew: positiveInt32,
    topologyKey: labelKey,
    whenUnsatisfiable: z.enum(['DoNotSchedule', 'ScheduleAnyway']),
    labelSelector: ofOwnPods,
    minDomains: positiveInt32.optional(),
    nodeAffinityPolicy: z.enum(['Honor', 'Ignore']).optional(),
    nodeTaintsPolicy: z.enum(['Honor', 'Ignore']).optional(),
  })
  .superRefine(({ whenUnsatisfiable, minDomains }, context) => {
    if (minDomains !== undefined && whenUnsatisfiable !== 'DoNotSchedule')
      refuse(context, 'minDomains', 'has no effect without whenUnsatisfiable DoNotSchedule');
  });

const topologySpreadConstraints = z
  .array(topologySpreadConstraint)
  .min(1)
  .superRefine((constraints, context) => {
    const pairs = constraints.map((one) => `${one.topologyKey} ${one.whenUnsatisfiable}`);
    pairs.forEach((pair, index) => {
      if (pairs.indexOf(pair) < index)
        context.addIssue({
          code: 'custom',
          path: [index],
          message: `has ${pair}, as another one has; Kubernetes takes each pair once`,
        });
    });
  });

/** Labels by which Kubernetes, the operator and our policies select pods. */
function isReservedLabel(key: string): boolean {
  return (
    isOurs(key) ||
    /^app\.kubernetes\.io\/(name|instance|component|managed-by|part-of)$/.test(key) ||
    /^(batch\.kubernetes\.io\/.*|job-name|controller-uid|pod-template-hash)$/.test(key)
  );
}

const podLabels = labels.superRefine((entries, context) => {
  for (const key of Object.keys(entries)) if (isReservedLabel(key)) refuse(context, key, reservedMessage);
});

export const podSettings = z.strictObject({
  labels: podLabels.optional(),
  annotations: annotations.optional(),
  imagePullSecrets: z
    .array(z.strictObject({ name: objectNameTemplate }))
    .min(1)
    .refine((secrets) => new Set(secrets.map(({ name }) => name)).size === secrets.length, 'has a name twice')
    .optional(),
  nodeSelector: labels.optional(),
  tolerations: z.array(toleration).min(1).optional(),
  affinity: affinity.optional(),
  topologySpreadConstraints: topologySpreadConstraints.optional(),
  priorityClassName: objectNameTemplate.optional(),
});
export type PodSettings = z.output<typeof podSettings>;

/** Whether something in the settings of pods differs from org to org. */
export function hasTemplates(pods: unknown): boolean {
  if (typeof pods === 'string') return hasPlaceholder(pods);
  return typeof pods === 'object' && pods !== null && Object.values(pods).some(hasTemplates);
}

/** Numeric ids. Without them the image's own are used, or those that the cluster chooses, as OpenShift does. */
export const userIds = z.strictObject({
  runAsUser: z.int().min(1).max(2147483647).exactOptional(),
  runAsGroup: z.int().min(1).max(2147483647).exactOptional(),
});
