import type { RegistrationInputs } from '../catalog/registration-inputs.ts';
import type { Until } from './registration.ts';

/**
 * How a person starts the org's Job again at once: a hook does not run again by itself, and has a fixed name.
 * Argo CD and `kubectl apply` both leave what they applied in an annotation, from which the Job is made anew;
 * the Job as the cluster has it cannot be made again.
 */
export function howToStartNow({ catalog }: RegistrationInputs, until: Until): string {
  // The sync that this hook refused has to begin again.
  if (until === 'authentication') return 'then sync the org in Argo CD';
  const { namespace, name } = catalog;
  const job = `job/${name}${until === 'credentials' ? '-prepare' : '-register'}`;
  return (
    'to run it now, sync the org in Argo CD, or: ' +
    `kubectl -n ${namespace} apply view-last-applied ${job} -o yaml | kubectl replace --force --save-config -f -`
  );
}
