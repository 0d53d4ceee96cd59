import { annotationsSizeProblem } from '../platform/kubernetes-names.ts';
import type { PodSettings } from '../platform/platform-settings.ts';
import { hasTemplates } from '../platform/pod-settings.ts';
import { expand } from '../platform/setting-template.ts';
import { type Derivation, objectName } from './derivation.ts';
import { podLabels } from './derive-peers.ts';
import { mapValues } from './map-values.ts';

/** The settings of the registration Job's pods with the org's texts; undefined when they have no templates. */
export function deriveJobPods(derivation: Derivation): PodSettings | undefined {
  const { pods } = derivation.platform.registration;
  if (!hasTemplates(pods)) return undefined;
  const { labels, annotations, nodeSelector, imagePullSecrets, priorityClassName } = pods;
  const at = 'registration.pods';
  return {
    ...pods,
    ...(labels && { labels: podLabels(derivation, labels, `${at}.labels`) }),
    ...(annotations && { annotations: annotationsOf(derivation, annotations, `${at}.annotations`) }),
    ...(nodeSelector && { nodeSelector: podLabels(derivation, nodeSelector, `${at}.nodeSelector`) }),
    ...(imagePullSecrets && {
      imagePullSecrets: imagePullSecrets.map(({ name }) => ({
        name: objectName(derivation, name, `${at}.imagePullSecrets`),
      })),
    }),
    ...(priorityClassName && {
      priorityClassName: objectName(derivation, priorityClassName, `${at}.priorityClassName`),
    }),
  };
}

/** Annotations of an object of the org. */
export function annotationsOf(
  { values, problems, record }: Derivation,
  templates: Readonly<Record<string, string>>,
  setting: string,
): Record<string, string> {
  const annotations = mapValues(templates, (template) => expand(template, values));
  const problem = annotationsSizeProblem(annotations);
  if (problem !== undefined) problems.push({ at: record.at, message: `${setting} ${problem}` });
  return annotations;
}
