import type { CatalogConfig, ServerInfo } from '../../../clients/lakekeeper/lakekeeper-answers.ts';
import type { Lakekeeper } from '../../../clients/lakekeeper/lakekeeper-client.ts';
import { whileAsking } from '../../../clients/lakekeeper/lakekeeper-errors.ts';
import { nameForMessage } from '../../../text/printable.ts';
import { StaleCacheError } from '../warehouse/stale-cache.ts';

/** What a catalog's server says of itself. */
export interface ObservedServer {
  /** What it answers to a request without a token. */
  readonly anonymous: 'open' | 'refused';
  /** Undefined if it requires a token, and none was sent. */
  readonly info: ServerInfo | undefined;
}

/**
 * One request when authentication is off, which is the anonymous one; two when it is on.
 *
 * @param asksWithToken whether a server that refuses the anonymous request is asked again, with the token.
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
 * What an engine is told when it attaches the warehouse, which is there and active.
 *
 * @throws StaleCacheError while the server still has it as inactive.
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
