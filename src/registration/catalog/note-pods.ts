import { patchSecret, type SecretObject } from '../objects/secret-objects.ts';
import type { Registration } from '../registration.ts';
import { addressOf } from '../secret/ensure-credentials.ts';
import { haveReachedPods, noteOfPods } from '../secret/start-values.ts';
import type { DeploymentObject, ObservedCatalog } from './roll-out/observe.ts';
import { isNewerThanValues, type SettledCriteria } from './roll-out/plan.ts';

/**
 * Notes in the Secret that no pod is left that was started with former values, if the Deployment alone does not show
 * it. A later run then has to list no pods. If the Secret was written meanwhile, a later run notes it.
 */
export async function notePods(
  registration: Registration,
  secret: SecretObject,
  { deployment }: ObservedCatalog,
  criteria: SettledCriteria,
): Promise<void> {
  if (!mustNotePods(secret, deployment, criteria)) return;
  const { kubernetes } = registration.sources;
  const annotations = noteOfPods(secret);
  const { outcome } = await patchSecret(kubernetes, addressOf(registration), secret, { annotations });
  if (outcome === 'updated') registration.onAction(podsAction(registration));
}

export function mustNotePods(
  secret: SecretObject,
  deployment: DeploymentObject | undefined,
  criteria: SettledCriteria,
): boolean {
  return (
    deployment !== undefined &&
    !isNewerThanValues(deployment, criteria) &&
    !haveReachedPods(secret, criteria.startValuesChangedAt)
  );
}

export function podsAction({ inputs }: Registration) {
  return { kind: 'notePods' as const, object: `${inputs.catalog.namespace}/${inputs.catalog.name}` };
}
