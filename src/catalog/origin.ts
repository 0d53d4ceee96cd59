import { type Ducklings, ducklingOf } from '../source/ducklings.ts';
import type { WarehouseRecord } from '../source/warehouse-record.ts';

/** What of a record a catalog is derived from; the rest decides whether there is one. */
export type Origin = Omit<WarehouseRecord, 'state' | 'icebergEnabled' | 'icebergBackend'>;

/** All that a catalog is derived from, but for the settings, as a text: without the address, which only messages have. */
export function originOf(
  { org, recorded, metadataStore, dataStore, ducklingName }: Origin,
  ducklings: Ducklings,
): string {
  const duckling = ducklingOf({ org, ducklingName }, ducklings);
  return JSON.stringify([org, recorded, metadataStore, dataStore, ducklingName, duckling]);
}
