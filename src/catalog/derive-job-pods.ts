import { annotationsSizeProblem } from '../platform/kubernetes-names.ts';
import type { PodSettings } from '../platform/platform-settings.ts';
import { hasTemplates } from '../platform/pod-settings.ts';
import { expand } from '../platform/setting-template.ts';
import { type Expansion, namespaceName, objectName } from './derivation.ts';
import { podLabel, podLabels } from './derive-peers.ts';
import { mapValues } from './map-values.ts';

/** The settings of the registration Job's pods with the org's texts; undefined when they have no templates. */
export function deriveJobPods(derivation: Expansion): PodSettings | undefined {
  const { pods } = derivation.platform.registration;
  if (!hasTemplates(pods)) return undefined;
  const { labels, annotations, nodeSelector, imagePullSecrets, priorityClassName, ...others } = pods;
  const at = 'registration.pods';
  return {
    ...expanded(derivation, others, at),
    ...(labels && { labels: podLabels(derivation, labels, `${at}.labels`) }),
    ...(annotations && { annotations: annotationsOf(derivation, annotations, `${at}.annotations`) }),
    ...(nodeSelector && { nodeSelector: podLabels(derivation, nodeSelector, `${at}.nodeSelector`) }),
    ...(imagePullSecrets && {
      // Two templates may expand to the same name, and Kubernetes refuses duplicates.
      imagePullSecrets: [
        ...new Set(
          imagePullSecrets.map(({ name }) => objectName(derivation, name, `${at}.imagePullSecrets`)),
        ),
      ].map((name) => ({ name })),
    }),
    ...(priorityClassName && {
      priorityClassName: objectName(derivation, priorityClassName, `${at}.priorityClassName`),
    }),
  };
}

/** Expands tolerations, affinity and spread constraints, whose texts are label values and namespaces. */
function expanded<T>(derivation: Expansion, fields: T, setting: string): T {
  const expand = (value: unknown, at: string): unknown => {
    if (typeof value === 'string') {
      if (!hasTemplates(value)) return value;
      return at.endsWith('.namespaces')
        ? namespaceName(derivation, value, at)
        : podLabel(derivation, value, at);
    }
    if (Array.isArray(value)) return value.map((inner) => expand(inner, at));
    if (typeof value !== 'object' || value === null) return value;
    return mapValues(value as Record<string, unknown>, (inner, key) => expand(inner, `${at}.${key}`));
  };
  return expand(fields, setting) as T;
}

/** Annotations of an object of the org. */
export function annotationsOf(
  { values, problems, record }: Expansion,
  templates: Readonly<Record<string, string>>,
  setting: string,
): Record<string, string> {
  const annotations = mapValues(templates, (template) => expand(template, values));
  const problem = annotationsSizeProblem(annotations);
  if (problem !== undefined) problems.push({ at: record.at, message: `${setting} ${problem}` });
  return annotations;
}
