import type { Lakekeeper } from '../../../clients/lakekeeper/lakekeeper-client.ts';
import { LakekeeperError, whileAsking } from '../../../clients/lakekeeper/lakekeeper-errors.ts';

const doneByOthers = new Set(['CatalogAlreadyBootstrapped', 'ConcurrentBootstrap']);

/**
 * Bootstraps the server. With authentication, the operator cannot do it, because it has no token.
 *
 * @returns `unchanged` if another client has done it meanwhile.
 * @throws PermanentError for a refusal that a retry cannot help; any other error is transient.
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
    throw new Error('another client is bootstrapping the catalog', { cause: error });
  }
}
