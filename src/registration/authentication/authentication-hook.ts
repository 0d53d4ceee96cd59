import { connectLakekeeper } from '../../clients/lakekeeper/lakekeeper-client.ts';
import { lakekeeperErrorIn } from '../../clients/lakekeeper/lakekeeper-errors.ts';
import { PermanentError } from '../../text/errors.ts';
import { lakekeeperAccess } from '../catalog/ensure-catalog.ts';
import { readLakekeeper } from '../objects/operator-objects.ts';
import type { Registration } from '../registration.ts';
import { addressOf } from '../secret/ensure-credentials.ts';
import { isEnforcementApplied, observeRollout } from './observe-rollout.ts';
import { type ObservedRollout, whyNotEnforce } from './rollout.ts';

/**
 * What runs before the custom resource is applied: refuses to let the server refuse requests without a token while the
 * org's row or one of its workers is not ready. The sync then fails, and the org goes on as it was.
 *
 * @throws PermanentError with what is not ready.
 */
export async function verifyMayEnforce(registration: Registration): Promise<void> {
  const observed = await observeRollout(registration, await observeServerBefore(registration));
  const reason = whyNotEnforce(observed);
  if (reason !== undefined)
    throw new PermanentError(`authentication is not enforced, and the catalog stays as it was: ${reason}`);
}

/** The server as it is before the sync. What is applied already is not asked for. */
async function observeServerBefore(registration: Registration): Promise<ObservedRollout['server']> {
  const { inputs, sources, signal } = registration;
  const lakekeeper = await readLakekeeper(sources.kubernetes, addressOf(registration));
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
