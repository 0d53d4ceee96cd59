import { enforcedKey } from '../../catalog/worker-login.ts';
import { connectLakekeeper } from '../../clients/lakekeeper/lakekeeper-client.ts';
import { lakekeeperErrorIn } from '../../clients/lakekeeper/lakekeeper-errors.ts';
import { explain, PermanentError } from '../../text/errors.ts';
import { hasAuthentication, lakekeeperAccess } from '../catalog/ensure-catalog.ts';
import { warehouseByName } from '../catalog/warehouse/observe.ts';
import { type LakekeeperObject, readLakekeeper } from '../objects/operator-objects.ts';
import type { Registration } from '../registration.ts';
import { addressOf } from '../secret/ensure-credentials.ts';
import { type ObservedRollout, whyNotEnforce } from './authentication-rollout.ts';
import { isEnforcementApplied, observeRollout } from './observe-rollout.ts';

/**
 * The check before the custom resource is applied. When authentication is switched on, it fails while the org's row or
 * one of its workers is not ready. The sync then fails, and the server stays as it is. When authentication is switched
 * off, it unlocks the warehouse while the server still accepts the Job as an instance admin.
 *
 * @throws PermanentError with what is not ready.
 */
export async function prepareServerChange(registration: Registration): Promise<void> {
  const { kubernetes } = registration.sources;
  const lakekeeper = await readLakekeeper(kubernetes, addressOf(registration));
  if (!hasAuthentication(registration)) {
    if (lakekeeper?.metadata.annotations?.[enforcedKey] !== undefined) await unlockWarehouse(registration);
    return;
  }
  const observed = await observeRollout(registration, await observeServerBefore(registration, lakekeeper));
  const reason = whyNotEnforce(observed);
  if (reason !== undefined)
    throw new PermanentError(`authentication is not enforced, and the catalog stays as it was: ${reason}`);
}

/**
 * A server without authentication has no instance admins, so nobody could change a locked warehouse any more. A
 * failure is only logged: the change may be the repair of a server that does not work.
 */
async function unlockWarehouse(registration: Registration): Promise<void> {
  const { inputs, token, signal, log, onAction } = registration;
  const server = connectLakekeeper({ ...lakekeeperAccess(registration), token, attempts: 1 });
  try {
    const found = warehouseByName(inputs.lakekeeperWarehouse.name, await server.activeWarehouses());
    if (found?.managedBy !== 'instance-admin') return;
    await server.setProtection(found.id, true);
    await server.setManagedBy(found.id, 'self-managed');
    onAction({ kind: 'unlockWarehouse', object: found.name });
  } catch (error) {
    signal.throwIfAborted();
    log.warn('the warehouse stays locked: only instance admins may change it', {
      step: 'warehouse',
      why: explain(error),
    });
  }
}

/** The server before the sync. No request is sent if authentication has already been applied. */
async function observeServerBefore(
  registration: Registration,
  lakekeeper: LakekeeperObject | undefined,
): Promise<ObservedRollout['server']> {
  const { inputs, signal } = registration;
  if (lakekeeper === undefined) return 'absent';
  if (isEnforcementApplied(inputs, lakekeeper)) return 'enforces';
  const server = connectLakekeeper({ ...lakekeeperAccess(registration), attempts: 1 });
  try {
    if ((await server.anonymousInfo()) !== 'refused') return 'open';
    await server.info();
    return 'enforces';
  } catch (error) {
    signal.throwIfAborted();
    return lakekeeperErrorIn(error)?.status === 401 ? 'enforcesOther' : 'unknown';
  }
}
