import type { CatalogConfig, ServerInfo } from '../../../clients/lakekeeper/lakekeeper-answers.ts';
import type { Lakekeeper } from '../../../clients/lakekeeper/lakekeeper-client.ts';
import { whileAsking } from '../../../clients/lakekeeper/lakekeeper-errors.ts';
import { nameForMessage } from '../../../text/printable.ts';
import { StaleCacheError } from '../warehouse/stale-cache.ts';

/** What a catalog's server reports about itself. */
export interface ObservedServer {
  /** Whether it accepts a request without a token. */
  readonly anonymous: 'open' | 'refused';
  /** Undefined if it requires a token and none was sent. */
  readonly info: ServerInfo | undefined;
}

/**
 * Sends one request without a token. If the server refuses it, a second one with the token.
 *
 * @param asksWithToken whether the second request is sent.
 */
export async function observeServer(
  lakekeeper: Pick<Lakekeeper, 'anonymousInfo' | 'info'>,
  { asksWithToken }: { readonly asksWithToken: boolean },
): Promise<ObservedServer> {
  const anonymous = await whileAsking('asking the catalog without a token', () => lakekeeper.anonymousInfo());
  if (anonymous !== 'refused') return { anonymous: 'open', info: anonymous };
  const ask = () => whileAsking("asking the catalog for the server's own report", () => lakekeeper.info());
  return { anonymous, info: asksWithToken ? await ask() : undefined };
}

/**
 * What an engine receives when it attaches the warehouse, which exists and is active.
 *
 * @throws StaleCacheError while the server's cache still has it as inactive.
 */
export function observeConfig(
  lakekeeper: Pick<Lakekeeper, 'catalogConfig'>,
  warehouse: string,
): Promise<CatalogConfig> {
  const name = nameForMessage(warehouse);
  return whileAsking(`attaching the Lakekeeper warehouse ${name}`, async () => {
    const config = await lakekeeper.catalogConfig(warehouse);
    if (config === undefined) throw new StaleCacheError(`the Lakekeeper warehouse ${name} is served`);
    return config;
  });
}
