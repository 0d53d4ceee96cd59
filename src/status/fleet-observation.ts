import type { RegistrationInputs } from '../catalog/registration-inputs.ts';
import type { Comparison } from './observation.ts';
import type { ClusterObjects } from './observe-cluster.ts';
import { type Records, tableKey } from './observe-rows.ts';
import { type StoreServer, serverKey } from './observe-stores.ts';
import type { Observed } from './observed.ts';

/** What is observed for the whole fleet, before the single orgs. */
export interface FleetObservation {
  readonly cluster: ClusterObjects;
  /** By `serverKey`. */
  readonly stores: ReadonlyMap<string, Observed<StoreServer>>;
  /** By `tableKey`. */
  readonly tables: ReadonlyMap<string, Records>;
}

/** An org whose status is wanted. */
export interface ObservedOrg {
  readonly inputs: RegistrationInputs;
  readonly committed: Observed<Comparison>;
  /** Fingerprint of the registration that synth would render; undefined if it was not rendered. */
  readonly fingerprint: string | undefined;
  /** Namespace and labels of its workers. */
  readonly workers: { readonly namespace: string; readonly labels: Readonly<Record<string, string>> };
}

const notObserved = { unknown: 'it was not read' };

export function storeServerOf(
  { stores }: FleetObservation,
  { metadataStore }: RegistrationInputs,
): Observed<StoreServer> | undefined {
  if (metadataStore.provisioning !== 'admin') return undefined;
  return stores.get(serverKey(metadataStore)) ?? notObserved;
}

export function recordsOf({ tables }: FleetObservation, { record }: RegistrationInputs): Records | undefined {
  const key = tableKey(record.target);
  return key === undefined ? undefined : (tables.get(key) ?? notObserved);
}
