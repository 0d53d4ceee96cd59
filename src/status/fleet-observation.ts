import type { RegistrationInputs } from '../catalog/registration-inputs.ts';
import type { Asked } from './asked.ts';
import type { Comparison } from './observation.ts';
import type { ClusterObjects } from './observe-cluster.ts';
import { type Records, tableKey } from './observe-rows.ts';
import { type StoreServer, serverKey } from './observe-stores.ts';

/** What is observed of a fleet at once, before its orgs are looked at one by one. */
export interface FleetObservation {
  readonly cluster: ClusterObjects;
  /** By `serverKey`. */
  readonly stores: ReadonlyMap<string, Asked<StoreServer>>;
  /** By `tableKey`. */
  readonly tables: ReadonlyMap<string, Records>;
}

/** An org that is to be looked at. */
export interface ObservedOrg {
  readonly inputs: RegistrationInputs;
  readonly committed: Asked<Comparison>;
  /** Of its registration, as synth would render it; undefined where nobody rendered it. */
  readonly fingerprint: string | undefined;
  /** Namespace and labels of its workers. */
  readonly workers: { readonly namespace: string; readonly labels: Readonly<Record<string, string>> };
}

const nothingAsked = { unknown: 'it was not asked' };

export function storeServerOf(
  { stores }: FleetObservation,
  { metadataStore }: RegistrationInputs,
): Asked<StoreServer> | undefined {
  if (metadataStore.provisioning !== 'admin') return undefined;
  return stores.get(serverKey(metadataStore)) ?? nothingAsked;
}

export function recordsOf({ tables }: FleetObservation, { record }: RegistrationInputs): Records | undefined {
  if (!('warehouseDatabase' in record.target)) return undefined;
  return tables.get(tableKey(record.target.warehouseDatabase)) ?? nothingAsked;
}
