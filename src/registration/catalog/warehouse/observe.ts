import type { ObservedWarehouse, StorageCredential } from '../../../clients/lakekeeper/lakekeeper-answers.ts';
import type { Lakekeeper } from '../../../clients/lakekeeper/lakekeeper-client.ts';
import { whileAsking } from '../../../clients/lakekeeper/lakekeeper-errors.ts';
import { fingerprintOf, type SentCredentials } from '../../secret/sent-credential.ts';
import { isSameName, type WarehouseObservation } from './plan.ts';

/** The warehouse of a name; undefined if there is none. */
export function warehouseByName(
  name: string,
  warehouses: readonly ObservedWarehouse[],
): ObservedWarehouse | undefined {
  return warehouses.find((warehouse) => isSameName(warehouse.name, name));
}

/**
 * The org's warehouse, active or not, also if it was renamed since its registration; and whether it has the
 * credential. One request for an active warehouse. No release up to 0.13 lists inactive ones, so those are found by
 * the id in the Secret, or by the query that servers of the main branch support.
 */
export async function observeWarehouse(
  { name, credential }: { readonly name: string; readonly credential: StorageCredential },
  ports: {
    readonly lakekeeper: Pick<Lakekeeper, 'activeWarehouses' | 'inactiveWarehouses' | 'warehouse'>;
    readonly sentCredentials: Pick<SentCredentials, 'read'>;
  },
): Promise<WarehouseObservation> {
  const { lakekeeper, sentCredentials } = ports;
  const { fingerprint, warehouseId, key } = await sentCredentials.read();
  const warehouse = await whileAsking('looking for the Lakekeeper warehouse of the org', async () => {
    const active = warehouseByName(name, await lakekeeper.activeWarehouses());
    if (active !== undefined) return active;
    // Inactive, or renamed since.
    const known = warehouseId && (await lakekeeper.warehouse(warehouseId));
    return known || warehouseByName(name, (await lakekeeper.inactiveWarehouses()) ?? []);
  });
  const agrees = fingerprint === fingerprintOf(credential, warehouse?.id ?? '', key);
  return {
    warehouse,
    credential: fingerprint === undefined ? 'unknown' : agrees ? 'agrees' : 'differs',
  };
}
