import { isLakekeeperBusy } from '../clients/lakekeeper/lakekeeper-errors.ts';
import { isTokenEndpointBusy } from '../clients/openid/token-refusals.ts';
import { isServerBusy } from '../clients/postgres/busy-server.ts';
import { describe } from '../clients/postgres/connection.ts';
import { explain, PermanentError } from '../text/errors.ts';
import { prepareServerChange } from './authentication/authentication-hook.ts';
import { observeRecord } from './authentication/observe-rollout.ts';
import { awaitSettledCatalog, ensureCatalog, type VerifiedServer } from './catalog/ensure-catalog.ts';
import { StaleCacheError, staleCacheBackOff, staleCacheLimitMs } from './catalog/warehouse/stale-cache.ts';
import { isInOrder } from './in-order.ts';
import { loginToMetadataStore } from './metadata-store/admin-connection.ts';
import { applyInside } from './metadata-store/apply.ts';
import { type OrgLock, withOrgLock } from './metadata-store/org-lock.ts';
import type { Registration, Until } from './registration.ts';
import { RetryWait } from './retry-wait.ts';
import {
  type EnsuredCredentials,
  ensureCredentials,
  metadataStoreAction,
} from './secret/ensure-credentials.ts';
import { observeCredentials, SecretDrafts } from './secret/observe-credentials.ts';

/** The result of a registration that did not fail. */
export type Registered =
  | { readonly outcome: 'registered'; readonly catalogEndpoint: string }
  /** The server may refuse requests without a token. */
  | { readonly outcome: 'authentication' }
  /** The first Job of hook mode `split` is done. */
  | { readonly outcome: 'credentials' }
  /** The org must not be registered any more. Nothing was written, at least not to its row. */
  | { readonly outcome: 'stopped'; readonly reason: string };

/** What has to be done or awaited before the next attempt, without the lock and without a session of Postgres. */
interface Pause {
  readonly outcome: 'pause';
  readonly pause: () => Promise<unknown>;
}

/** More than concurrent runs can need. */
const maxCredentialAttempts = 12;

/**
 * Registers one org, in attempts. Each attempt goes through all steps from the first, and ends where it has to wait.
 * So the steps are always done in their safe order, and a run can be repeated after any failure. For an org in order,
 * it only reads. A run has at most one session of Postgres, and none while it waits: for the operator, for a Postgres
 * without free connections, for a catalog that does not answer or answers from its cache.
 *
 * @param onFailure called with an error of a step under the lock before the lock is released. So the failure cannot
 * be recorded over the success of another run.
 * @throws PermanentError if a person has to decide; any other error is transient.
 */
export async function register(
  registration: Registration,
  until: Until,
  onFailure: (error: unknown) => Promise<unknown> = async () => {},
): Promise<Registered> {
  const { inputs, sources, row, log, signal } = registration;
  const drafts = new SecretDrafts();
  const step = (why: unknown) => (isServerBusy(why) ? 'metadata store' : 'warehouse');
  const onWait = (why: unknown) => log.info('waiting for a moment', { step: step(why), why: explain(why) });
  const serverWait = new RetryWait({ signal, onWait });
  const cacheWait = new RetryWait({ signal, onWait, backOff: staleCacheBackOff, limitMs: staleCacheLimitMs });
  let mayBeInOrder = true;
  let attemptsForCredentials = 0;
  let asAdmin = false;
  for (;;) {
    try {
      const ended = await attempt();
      if (ended.outcome !== 'pause') return ended;
      await ended.pause();
    } catch (error) {
      if (error instanceof StaleCacheError) await cacheWait.wait(error);
      else if (isBusy(error)) await serverWait.wait(error);
      else throw error;
    }
  }

  async function attempt(): Promise<Registered | Pause> {
    const reason = await row.reasonToStop();
    if (reason !== undefined) return { outcome: 'stopped', reason };
    if (until === 'authentication') {
      await prepareServerChange(registration);
      return { outcome: 'authentication' };
    }
    if (mayBeInOrder && (await isInOrder(registration, until))) return doneUntil(until, registration);
    mayBeInOrder = false;

    // Each attempt reads every other Secret once.
    const cached = { ...registration, sources: { ...sources, secrets: new Map() } };
    const store = await loginToMetadataStore(inputs, cached.sources, signal);
    const observed = await observeCredentials(cached, store, drafts, { asAdmin });
    const onWait = () => log.info('waiting until another run for the org ends', { step: 'metadata store' });
    return withOrgLock(store, inputs.org, (lock) => underLock(lock).catch(fail), onWait);

    async function underLock(lock: OrgLock): Promise<Registered | Pause> {
      // The other run may have taken minutes, and the row may have changed.
      const reason = lock.waited ? await row.reasonToStop() : undefined;
      if (reason !== undefined) return { outcome: 'stopped', reason };

      const credentials = await ensureCredentials(cached, store, lock, observed, drafts);
      if (credentials.outcome !== 'done')
        return { outcome: 'pause', pause: () => afterCredentials(credentials, lock) };
      attemptsForCredentials = 0;
      if (until === 'credentials') return { outcome: 'credentials' };

      const { secret } = credentials;
      const server = await ensureCatalog(cached, secret);
      if (server === 'rolling out')
        return {
          outcome: 'pause',
          pause: async () => {
            await awaitSettledCatalog(registration, secret);
            serverWait.reset();
          },
        };

      await lock.assertHeld();
      return record(registration, server);
    }

    async function afterCredentials(
      credentials: Exclude<EnsuredCredentials, { outcome: 'done' }>,
      { waited }: OrgLock,
    ) {
      if (attemptsForCredentials === maxCredentialAttempts)
        throw new Error(
          `${describe(store)}: the metadata store is still not as it should be after ` +
            `${maxCredentialAttempts} attempts; something else may be changing it`,
        );
      asAdmin = credentials.outcome === 'insideUnknown';
      if (credentials.outcome === 'contended') await serverWait.wait('another run for the org is at work');
      if (credentials.outcome === 'inside')
        await applyInside(store, credentials.desired, credentials.actions, (action) =>
          registration.onAction(metadataStoreAction(action)),
        );
      // An attempt that had to wait for another run does not count.
      if (!waited) attemptsForCredentials += 1;
    }
  }

  async function fail(error: unknown): Promise<never> {
    const cause = withReason(error, signal);
    if (!(cause instanceof StaleCacheError || isBusy(cause))) await onFailure(cause);
    throw cause;
  }
}

/** After the end of the run: what it was doing, with the reason of the end instead of the error of the connection. */
function withReason(error: unknown, { aborted, reason }: AbortSignal): unknown {
  if (!aborted || error === reason || error instanceof PermanentError) return error;
  return error instanceof Error ? new Error(error.message, { cause: reason }) : reason;
}

/** Postgres has no free connection, or catalog or provider do not answer: the run waits, and begins another attempt. */
function isBusy(error: unknown): boolean {
  return isServerBusy(error) || isLakekeeperBusy(error) || isTokenEndpointBusy(error);
}

async function record(registration: Registration, server: VerifiedServer): Promise<Registered> {
  const { inputs, row, onAction, onStage } = registration;
  const { record, stage } = await observeRecord(registration, server);
  const outcome = await row.recordSuccess(record);
  if (outcome === 'closed')
    return {
      outcome: 'stopped',
      reason: 'it is registered, but its row was disabled or deleted meanwhile and is left as it is',
    };
  onStage?.(stage);
  if (outcome !== 'unchanged') onAction({ kind: 'writeRecord', object: inputs.org });
  return doneUntil('proof', registration);
}

function doneUntil(until: Until, { inputs }: Registration): Registered {
  if (until === 'credentials') return { outcome: 'credentials' };
  return { outcome: 'registered', catalogEndpoint: inputs.catalog.catalogEndpoint };
}
