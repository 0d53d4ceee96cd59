import { orgKey, orgLabel } from '../catalog/names.ts';
import { partOf, retiredLabel } from '../catalog/object-labels.ts';
import type { Connection } from '../clients/postgres/connection.ts';
import type { RegistrationAction } from '../registration/actions.ts';
import { applyActions } from '../registration/metadata-store/apply.ts';
import type { OrgLock } from '../registration/metadata-store/org-lock.ts';
import { deleteSecret, patchSecret } from '../registration/objects/secret-objects.ts';
import { metadataStoreAction } from '../registration/secret/ensure-credentials.ts';
import type { OrgId } from '../source/warehouse-record.ts';
import { isClosing, type RetirementAction, takenKeys } from './plan.ts';
import type { Retirement } from './retirement.ts';
import type { RetirementObservation } from './retirement-observation.ts';

/** Where the actions on the metadata store are done. */
export interface LockedStore {
  readonly admin: Connection;
  readonly lock: OrgLock;
}

/**
 * Does actions, one after the other. After those that keep the catalog out it ends: what is deleted is decided from
 * what is there then.
 *
 * @param store undefined when the store is pre-provisioned.
 * @returns whether all were done; else all has to be observed again.
 */
export async function applyRetirement(
  retirement: Retirement,
  { secret }: RetirementObservation,
  actions: readonly RetirementAction[],
  store: LockedStore | undefined,
): Promise<boolean> {
  const { inputs, sources, target, onAction } = retirement;
  const { org, catalog } = inputs.registration;
  const isClosed = !actions.some((one) => one.kind === 'onServer' && isClosing(one.action));
  let isSecretKept = false;
  for (const one of actions) {
    if (one.kind === 'onServer') {
      if (store === undefined || (!isClosed && !isClosing(one.action))) return false;
      // No action sets a password.
      const areDone = await applyActions(store.lock.client, store.admin, { password: '' }, [one.action]);
      if (!areDone) return false;
      onAction(actionOf(one, retirement));
      continue;
    }
    if (!isClosed) return false;
    await store?.lock.assertHeld();
    if (one.kind === 'writeRecord') {
      const written = await target.write(one.to, one.record);
      if (written === 'closed') return false;
    } else if (secret !== undefined) {
      const labels = { ...partOf, [orgKey]: orgLabel(org as OrgId), [retiredLabel]: 'true' };
      const data = Object.fromEntries(takenKeys(inputs).map((key) => [key, null]));
      const outcome =
        one.kind === 'labelSecret'
          ? (await patchSecret(sources.kubernetes, catalog, secret, { labels, data })).outcome
          : await deleteSecret(sources.kubernetes, catalog, secret);
      if (outcome === 'conflict') return false;
      isSecretKept = outcome === 'deleting';
    }
    onAction(actionOf(one, retirement));
    if (isSecretKept) return false;
  }
  return isClosed;
}

/** An action for people and for the log. */
export function actionOf(one: RetirementAction, { inputs }: Pick<Retirement, 'inputs'>): RegistrationAction {
  const { org, catalog } = inputs.registration;
  switch (one.kind) {
    case 'onServer':
      return metadataStoreAction(one.action);
    case 'writeRecord':
      return {
        kind: 'writeRecord',
        object: org,
        ...(one.to !== 'row' && { detail: `ConfigMap ${one.to.namespace}/${one.to.name}` }),
      };
    default:
      return {
        kind: one.kind,
        object: `${catalog.namespace}/${catalog.name}`,
        ...(one.kind === 'labelSecret' && { detail: `takes away ${takenKeys(inputs).join() || 'nothing'}` }),
      };
  }
}
