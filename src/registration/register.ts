import { isLakekeeperBusy } from '../clients/lakekeeper/lakekeeper-errors.ts';
import { isServerBusy } from '../clients/postgres/busy-server.ts';
import { type Connection, describe } from '../clients/postgres/connection.ts';
import { explain, PermanentError } from '../text/errors.ts';
import { awaitSettledCatalog, ensureCatalog } from './catalog/ensure-catalog.ts';
import { loginToMetadataStore } from './metadata-store/admin-connection.ts';
import { applyInside } from './metadata-store/apply.ts';
import type { InsideAction } from './metadata-store/metadata-store.ts';
import { type OrgLock, withOrgLock } from './metadata-store/org-lock.ts';
import type { SecretObject } from './objects/secret-objects.ts';
import type { Registration, Until } from './registration.ts';
import { RetryWait } from './retry-wait.ts';
import { recordOfRegistration } from './row/registration-record.ts';
import { ensureCredentials, metadataStoreAction } from './secret/ensure-credentials.ts';
import { type ObservedCredentials, observeCredentials, SecretDrafts } from './secret/observe-credentials.ts';

/** How a registration ended that did not fail. */
export type Registered =
  | { readonly outcome: 'registered'; readonly catalogEndpoint: string }
  /** The first Job of hook mode `split` has done its part. */
  | { readonly outcome: 'credentials' }
  /** The org is not to be registered any more: nothing was touched, or nothing recorded. */
  | { readonly outcome: 'stopped'; readonly reason: string };

/** What follows a round that did not come to an end. */
type Next =
  /** The credentials are not whole yet. */
  | { readonly next: 'credentials'; readonly looksInside: boolean; readonly prepare: () => Promise<unknown> }
  /** The catalog has to be awaited, with its Secret as it is now. */
  | { readonly next: 'catalog'; readonly secret: SecretObject };

/** More than any order of lost races needs. */
const mostRoundsForCredentials = 12;

/**
 * Registers one org, round by round. A round observes all that it rests on, under the lock of the org does what
 * is to be done, and ends where it has to wait: so the order of the steps is the safety, and a run can be
 * repeated from any point. One that finds all done writes nothing. A run has one session of Postgres at a time,
 * and none while it waits: for the operator, for a Postgres that has no connection to spare, or for a catalog
 * that does not answer.
 *
 * @param failed told of an error of any step before it is thrown. An error under the lock: before another run
 * for the org can begin, so that what is recorded of it is not written over the success of that run.
 * @throws PermanentError when a person has to decide; any other error may be gone next time.
 */
export async function register(
  registration: Registration,
  until: Until,
  failed: (error: unknown) => Promise<unknown> = async () => {},
): Promise<Registered> {
  const { inputs, sources, row, log, signal } = registration;
  const drafts = new SecretDrafts();
  const backOff = new RetryWait(signal, (why) =>
    log.info('waiting for a moment', {
      step: isLakekeeperBusy(why) ? 'warehouse' : 'metadata store',
      why: explain(why),
    }),
  );
  const waiting = () => log.info('waiting until another run for the org ends', { step: 'metadata store' });
  const tell = async (error: unknown): Promise<never> => {
    if (!isBusy(error)) await failed(error);
    throw error;
  };
  let looksInside = false;
  let roundsForCredentials = 0;
  for (;;) {
    const ended = await round().catch(async (error: unknown) => {
      if (!isBusy(error)) throw error;
      await backOff.wait(error);
      return 'again' as const;
    });
    if (ended === 'again') continue;
    if ('outcome' in ended) return ended;
    if (ended.next === 'catalog') {
      backOff.reset();
      roundsForCredentials = 0;
      await awaitSettledCatalog(registration, ended.secret).catch(tell);
    } else {
      roundsForCredentials += 1;
      looksInside = ended.looksInside;
    }
  }

  async function round(): Promise<Registered | Next> {
    // Other Secrets are read once in a round, and anew in the next.
    const inRound = { ...registration, sources: { ...sources, secrets: new Map() } };
    const reason = await row.reasonToStop();
    if (reason !== undefined) return { outcome: 'stopped', reason };
    const store = await loginToMetadataStore(inputs, inRound.sources, signal);
    if (roundsForCredentials === mostRoundsForCredentials)
      throw new Error(
        `${describe(store)}: the metadata store is still not as it should be after ` +
          `${mostRoundsForCredentials} attempts; ` +
          'something else may be changing it',
      );
    const observed = await observeCredentials(inRound, store, drafts, looksInside);
    const ended = await withOrgLock(
      store,
      inputs.org,
      (lock) =>
        roundAlone(inRound, lock, store, observed).catch((error: unknown) => tell(withReason(error, signal))),
      waiting,
    );
    if ('next' in ended && ended.next === 'credentials') await ended.prepare();
    return ended;
  }

  async function roundAlone(
    inRound: Registration,
    lock: OrgLock,
    store: Connection,
    observed: ObservedCredentials,
  ): Promise<Registered | Next> {
    // The other run may have taken long.
    const reason = lock.waited ? await row.reasonToStop() : undefined;
    if (reason !== undefined) return { outcome: 'stopped', reason };
    const credentials = await ensureCredentials(inRound, store, lock, observed, drafts);
    if (!('secret' in credentials)) {
      const { desired, inside, looksInside } = credentials;
      const onAction = (action: InsideAction) => registration.onAction(metadataStoreAction(action));
      if (credentials.isContended)
        return {
          next: 'credentials',
          looksInside,
          prepare: () => backOff.wait('another run for the org is at work'),
        };
      const prepare = async () => desired && applyInside(store, desired, inside, onAction);
      return { next: 'credentials', looksInside, prepare };
    }
    if (until === 'credentials') return { outcome: 'credentials' };
    const { secret } = credentials;
    if ((await ensureCatalog(inRound, secret)) === 'rolling out') return { next: 'catalog', secret };
    await lock.assertHeld();
    return record(registration);
  }
}

/** What was under way when the run was ended, and by what: how the cut connection looked says nothing. */
function withReason(error: unknown, { aborted, reason }: AbortSignal): unknown {
  if (!aborted || error === reason || error instanceof PermanentError) return error;
  return error instanceof Error ? new Error(error.message, { cause: reason }) : reason;
}

/**
 * Postgres has no connection to spare, or the catalog does not answer: waited for between rounds, with neither
 * lock nor session.
 */
function isBusy(error: unknown): boolean {
  return isServerBusy(error) || isLakekeeperBusy(error);
}

async function record({ inputs, row, onAction }: Registration): Promise<Registered> {
  const wanted = recordOfRegistration(inputs);
  const outcome = await row.recordSuccess(wanted);
  if (outcome === 'closed')
    return {
      outcome: 'stopped',
      reason: 'it is registered, but its row was disabled or deleted meanwhile and is left as it is',
    };
  if (outcome !== 'unchanged') onAction({ kind: 'writeRecord', object: inputs.org });
  return { outcome: 'registered', catalogEndpoint: wanted.iceberg_lakekeeper_endpoint };
}
