import { awaitSettledCatalog, ensureCatalog } from './catalog/ensure-catalog.ts';
import type { SecretObject } from './kubernetes-objects.ts';
import { loginToMetadataStore } from './metadata-store/admin-connection.ts';
import type { OrgLock } from './metadata-store/org-lock.ts';
import { withOrgLock } from './metadata-store/org-lock.ts';
import type { Registration, Until } from './registration.ts';
import { recordOfRegistration } from './row/registration-record.ts';
import { ensureCredentials } from './secret/ensure-credentials.ts';

/** How a registration ended that did not fail. */
export type Registered =
  | { readonly outcome: 'registered'; readonly catalogEndpoint: string }
  /** The first Job of hook mode `split` has done its part. */
  | { readonly outcome: 'credentials' }
  /** The org is not to be registered any more: nothing was touched, or nothing recorded. */
  | { readonly outcome: 'stopped'; readonly reason: string };

/**
 * Registers one org. The steps, in their order: the order is the safety; what each step does is in its own file. Safe to
 * repeat from any point; a run that finds all done writes nothing. One run per org at a time works, by a lock on its
 * metadata store. While the operator works, nobody holds the lock or a session of Postgres, which are few: what is to be
 * waited for is awaited between two rounds, and each round observes all that it rests on again.
 *
 * @param failed told of an error of any step before it is thrown. An error under the lock: before another run for the org
 *   can begin, so that what is recorded of it is not written over the success of that run.
 * @throws PermanentError when a person has to decide; any other error may be gone next time.
 */
export async function register(
  registration: Registration,
  until: Until,
  failed: (error: unknown) => Promise<unknown> = async () => {},
): Promise<Registered> {
  const { inputs, sources, row, log, signal } = registration;
  const stop = await row.reasonToStop();
  if (stop !== undefined) return { outcome: 'stopped', reason: stop };
  const store = await loginToMetadataStore(inputs, sources, signal);
  const waiting = () => log.info('waiting until another run for the org ends', { step: 'metadata store' });
  const tell = async (error: unknown): Promise<never> => {
    await failed(error);
    throw error;
  };
  for (let isFirst = true; ; isFirst = false) {
    const ended = await withOrgLock(store, inputs.org, (lock) => round(lock, isFirst).catch(tell), waiting);
    if ('outcome' in ended) return ended;
    await awaitSettledCatalog(registration, ended.awaitWith).catch(tell);
  }

  /** @returns `awaitWith` when the catalog has to be awaited first: its Secret as it is now. */
  async function round(
    lock: OrgLock,
    isFirst: boolean,
  ): Promise<Registered | { readonly awaitWith: SecretObject }> {
    // The wait for the other run, or for the catalog, may have taken long.
    const stopNow = lock.waited || !isFirst ? await row.reasonToStop() : undefined;
    if (stopNow !== undefined) return { outcome: 'stopped', reason: stopNow };
    const secret = await ensureCredentials(registration, store, lock);
    if (until === 'credentials') return { outcome: 'credentials' };
    if ((await ensureCatalog(registration, secret)) === 'rolling out') return { awaitWith: secret };
    await lock.assertHeld();
    return record(registration);
  }
}

async function record({ inputs, row, did }: Registration): Promise<Registered> {
  const wanted = recordOfRegistration(inputs);
  const outcome = await row.recordSuccess(wanted);
  if (outcome === 'closed')
    return {
      outcome: 'stopped',
      reason: 'it is registered, but its row was disabled or deleted meanwhile and is left as it is',
    };
  if (outcome !== 'unchanged') did({ kind: 'writeRecord', object: inputs.org });
  return { outcome: 'registered', catalogEndpoint: wanted.iceberg_lakekeeper_endpoint };
}
