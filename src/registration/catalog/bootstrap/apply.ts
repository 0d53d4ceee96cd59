import type { Lakekeeper } from '../../../clients/lakekeeper/lakekeeper-client.ts';
import { LakekeeperError, whileAsking } from '../../../clients/lakekeeper/lakekeeper-errors.ts';

const doneByOthers = new Set(['CatalogAlreadyBootstrapped', 'ConcurrentBootstrap']);

/**
 * Bootstraps the server, which nobody else does: the operator has no token, so with authentication on it never
 * gets there.
 *
 * @returns `unchanged` when somebody else did it meanwhile.
 * @throws PermanentError when the server refuses for good; any other error is transient.
 */
export async function bootstrapServer(
  lakekeeper: Pick<Lakekeeper, 'info' | 'bootstrap'>,
): Promise<'bootstrapped' | 'unchanged'> {
  try {
    await lakekeeper.bootstrap();
    return 'bootstrapped';
  } catch (error) {
    // Both come with status 400.
    if (!(error instanceof LakekeeperError) || !doneByOthers.has(error.type ?? ''))
      return await whileAsking('bootstrapping the catalog', () => Promise.reject(error));
    const { bootstrapped } = await whileAsking('asking the catalog whether it is bootstrapped', () =>
      lakekeeper.info(),
    );
    if (bootstrapped) return 'unchanged';
    throw new Error('someone else is bootstrapping the catalog at this moment', { cause: error });
  }
}
