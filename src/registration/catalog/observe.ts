import type {
  CatalogConfig,
  ObservedWarehouse,
  ServerInfo,
  StorageCredential,
} from '../../clients/lakekeeper/lakekeeper-answers.ts';
import type { Lakekeeper } from '../../clients/lakekeeper/lakekeeper-client.ts';
import { whileAsking } from '../../clients/lakekeeper/lakekeeper-errors.ts';
import { nameForMessage } from '../../text/printable.ts';
import { fingerprintOf, type SentCredentials } from '../secret/credential-fingerprint.ts';
import type { WarehouseObservation } from './plan.ts';
import type { StaleCache } from './stale-cache.ts';

/** What a catalog's server says of itself. */
export interface ObservedServer {
  /** What it answers to a request without a token. */
  readonly anonymous: 'open' | 'refused';
  /** Undefined when it wants a token, and authentication is off, so that there is none. */
  readonly info: ServerInfo | undefined;
}

/** One request when authentication is off, which is the anonymous one; two when it is on. */
export async function observeServer(
  lakekeeper: Pick<Lakekeeper, 'anonymousInfo' | 'info'>,
  { hasAuthentication }: { readonly hasAuthentication: boolean },
): Promise<ObservedServer> {
  const anonymous = await whileAsking('asking the catalog without a token', () => lakekeeper.anonymousInfo());
  if (anonymous !== 'refused') return { anonymous: 'open', info: anonymous };
  const ask = () =>
    whileAsking("asking the catalog for the server's own report", () => lakekeeper.info());
  return { anonymous, info: hasAuthentication ? await ask() : undefined };
}

/** The warehouse of a name, as Lakekeeper compares names: without regard to case. */
export function named(
  name: string,
  warehouses: readonly ObservedWarehouse[],
): ObservedWarehouse | undefined {
  return warehouses.find((warehouse) => warehouse.name.toLowerCase() === name.toLowerCase());
}

/**
 * The warehouse of a name, active or not, and whether it has the credential. One request for an active one. No release up to 0.13 lists
 * inactive ones, so it is then asked for by the id that is remembered, or by the query that servers of the main branch know.
 */
export async function observeWarehouse(
  { name, credential }: { readonly name: string; readonly credential: StorageCredential },
  ports: {
    readonly lakekeeper: Pick<Lakekeeper, 'activeWarehouses' | 'inactiveWarehouses' | 'warehouse'>;
    readonly sentCredentials: Pick<SentCredentials, 'recall'>;
  },
): Promise<WarehouseObservation> {
  const { lakekeeper, sentCredentials } = ports;
  const { fingerprint, warehouseId, key } = await sentCredentials.recall();
  const warehouse = await whileAsking('looking for the Lakekeeper warehouse of the org', async () => {
    const active = named(name, await lakekeeper.activeWarehouses());
    if (active !== undefined) return active;
    const remembered = warehouseId && (await lakekeeper.warehouse(warehouseId));
    return named(name, remembered ? [remembered] : ((await lakekeeper.inactiveWarehouses()) ?? []));
  });
  const agrees = fingerprint === fingerprintOf(credential, warehouse?.id ?? '', key);
  return {
    warehouse,
    credential: fingerprint === undefined ? 'unknown' : agrees ? 'agrees' : 'differs',
  };
}

/**
 * What an engine is told when it attaches the warehouse, which is there and active: while the server still has it as inactive, that is
 * waited for.
 *
 * @throws Error when it is not served after all.
 */
export function observeConfig(
  lakekeeper: Pick<Lakekeeper, 'catalogConfig'>,
  warehouse: string,
  cache: StaleCache,
): Promise<CatalogConfig> {
  const name = nameForMessage(warehouse);
  return whileAsking(`attaching the Lakekeeper warehouse ${name}`, () =>
    cache.outlast(`the Lakekeeper warehouse ${name} is served`, () => lakekeeper.catalogConfig(warehouse)),
  );
}
