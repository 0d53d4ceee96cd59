import type { ObservedWarehouse, StorageCredential } from '../../../clients/lakekeeper/lakekeeper-answers.ts';
import type { Lakekeeper } from '../../../clients/lakekeeper/lakekeeper-client.ts';
import { whileAsking } from '../../../clients/lakekeeper/lakekeeper-errors.ts';
import { fingerprintOf, type SentCredentials } from '../../secret/credential-fingerprint.ts';
import { isSameName, type WarehouseObservation } from './plan.ts';

/** The warehouse of a name. */
export function warehouseByName(
  name: string,
  warehouses: readonly ObservedWarehouse[],
): ObservedWarehouse | undefined {
  return warehouses.find((warehouse) => isSameName(warehouse.name, name));
}

/**
 * The warehouse of a name, active or not, or the one that registration gave that name and that has another one
 * now; and whether it has the credential. One request for an active one. No release up to 0.13 lists inactive ones,
 * so it is then asked for by the id that is remembered, or by the query that servers of the main branch know.
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
    const active = warehouseByName(name, await lakekeeper.activeWarehouses());
    if (active !== undefined) return active;
    const remembered = warehouseId && (await lakekeeper.warehouse(warehouseId));
    // Inactive, or renamed since.
    return remembered || warehouseByName(name, (await lakekeeper.inactiveWarehouses()) ?? []);
  });
  const agrees = fingerprint === fingerprintOf(credential, warehouse?.id ?? '', key);
  return {
    warehouse,
    credential: fingerprint === undefined ? 'unknown' : agrees ? 'agrees' : 'differs',
  };
}
