import { isServerBusy } from '../clients/postgres/busy-server.ts';
import { loginToMetadataStore } from '../registration/metadata-store/admin-connection.ts';
import { withOrgLock } from '../registration/metadata-store/org-lock.ts';
import { withSession } from '../registration/metadata-store/session.ts';
import { RetryWait } from '../registration/retry-wait.ts';
import { explain } from '../text/errors.ts';
import { applyRetirement, type LockedStore } from './apply.ts';
import { type AdminSession, observeRetirement } from './observe.ts';
import { planRetirement, type RetirementPlan } from './plan.ts';
import type { Retirement } from './retirement.ts';

/** How a retirement ended that did not fail. */
export type Retired =
  | {
      readonly outcome: 'retired';
      /** What is left of the org, in words. */
      readonly remains: string;
    }
  /** The org is not to be retired any more. */
  | { readonly outcome: 'stopped'; readonly reason: string };

/** More than closing the catalog, what others do meanwhile, and lost races need. */
const mostAttempts = 12;

/**
 * Retires one org, in attempts: each observes everything, plans, and applies. So a run can be repeated from any point,
 * and a second one only reads. What is in the metadata store is changed under the org's lock, which registration takes
 * too.
 *
 * @throws PermanentError when a person has to decide; any other error may be gone next time, among them that the
 * custom resource is still there.
 */
export async function retire(retirement: Retirement): Promise<Retired> {
  const { signal, log } = retirement;
  const onWait = (why: unknown) =>
    log.info('waiting for a moment', { step: 'metadata store', why: explain(why) });
  const forServer = new RetryWait({ signal, onWait });
  for (let attempts = 0; attempts < mostAttempts; ) {
    try {
      const ended = await attempt(retirement);
      if (ended !== undefined) return ended;
      attempts += 1;
    } catch (error) {
      if (!isServerBusy(error)) throw error;
      await forServer.wait(error);
    }
  }
  throw new Error(
    `after ${mostAttempts} attempts there is still something to do: something else may be changing the org; run again`,
  );
}

/** @returns undefined when all has to be observed again. */
async function attempt(retirement: Retirement): Promise<Retired | undefined> {
  const { inputs, sources, log, signal } = retirement;
  const { registration } = inputs;
  if (registration.metadataStore.provisioning !== 'admin') return under(undefined);
  const admin = await loginToMetadataStore(registration, sources, signal);
  const onWait = () => log.info('waiting until another run for the org ends', { step: 'metadata store' });
  return withOrgLock(admin, registration.org, (lock) => under({ admin, lock }), onWait);

  async function under(store: LockedStore | undefined): Promise<Retired | undefined> {
    const observed = await observeRetirement(
      retirement,
      store && { client: store.lock.client, admin: store.admin },
    );
    const plan = planRetirement(observed, inputs);
    if (plan.kind === 'stop') return { outcome: 'stopped', reason: plan.reason };
    if (plan.kind === 'wait') throw new Error(plan.for);
    const areDone = await applyRetirement(retirement, observed, plan.actions, store);
    return areDone && plan.note === undefined ? { outcome: 'retired', remains: plan.remains } : undefined;
  }
}

/** What `retire` would do now. Takes no lock and writes nothing. @throws as `retire`. */
export async function planRun(retirement: Retirement): Promise<RetirementPlan> {
  const { inputs, sources, signal } = retirement;
  const { registration } = inputs;
  const plan = async (store?: AdminSession) =>
    planRetirement(await observeRetirement(retirement, store), inputs);
  if (registration.metadataStore.provisioning !== 'admin') return plan();
  const admin = await loginToMetadataStore(registration, sources, signal);
  return withSession(admin, 'NULL', (client) => plan({ client, admin }));
}
