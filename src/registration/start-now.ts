import type { RegistrationInputs } from '../catalog/registration-inputs.ts';
import type { Until } from './registration.ts';

/**
 * How a person runs the org's Job again. A hook does not run again by itself, and its name is fixed. The Job is
 * created again from the annotation in which Argo CD and `kubectl apply` keep what they applied: the object itself
 * has fields, set by the API server, that a new Job cannot have.
 */
export function howToStartNow({ catalog }: RegistrationInputs, until: Until): string {
  // This hook failed the sync, so the sync has to run again.
  if (until === 'authentication') return 'then sync the org in Argo CD';
  const { namespace, name } = catalog;
  const job = `job/${name}${until === 'credentials' ? '-prepare' : '-register'}`;
  return (
    'to run it now, sync the org in Argo CD, or: ' +
    `kubectl -n ${namespace} apply view-last-applied ${job} -o yaml | kubectl replace --force --save-config -f -`
  );
}
