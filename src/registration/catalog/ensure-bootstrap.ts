import { type Lakekeeper, LakekeeperError, whileAsking } from '../../clients/lakekeeper/lakekeeper-client.ts';

const doneByOthers = new Set(['CatalogAlreadyBootstrapped', 'ConcurrentBootstrap']);

/**
 * Bootstraps the server when nobody else does: the operator has no token, so with authentication on it never gets there.
 *
 * @param isOurs whether it is ours to do, that is, whether authentication is on.
 * @returns `waiting` when the operator still has to do it.
 * @throws PermanentError when the server refuses for good; any other error is transient.
 */
export async function ensureBootstrap(
  { isOurs }: { readonly isOurs: boolean },
  { lakekeeper }: { readonly lakekeeper: Pick<Lakekeeper, 'info' | 'bootstrap'> },
): Promise<'unchanged' | 'bootstrapped' | 'waiting'> {
  const isDone = async () =>
    (await whileAsking('asking the catalog whether it is bootstrapped', () => lakekeeper.info()))
      .bootstrapped;
  if (await isDone()) return 'unchanged';
  if (!isOurs) return 'waiting';
  try {
    await lakekeeper.bootstrap();
    return 'bootstrapped';
  } catch (error) {
    // Both come with status 400.
    if (error instanceof LakekeeperError && doneByOthers.has(error.type ?? '')) {
      if (await isDone()) return 'unchanged';
      throw new Error('someone else is bootstrapping the catalog at this moment', { cause: error });
    }
    return await whileAsking('bootstrapping the catalog', () => Promise.reject(error));
  }
}
