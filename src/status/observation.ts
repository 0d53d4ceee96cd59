import type { RegistrationInputs } from '../catalog/registration-inputs.ts';
import type { CatalogConfig } from '../clients/lakekeeper/lakekeeper-answers.ts';
import type { ObservedServer } from '../registration/catalog/proof/observe.ts';
import type { ObservedCatalog } from '../registration/catalog/roll-out/observe.ts';
import type { WarehouseObservation } from '../registration/catalog/warehouse/plan.ts';
import type {
  ObservedInside,
  ObservedLogin,
  ObservedServer as ObservedStore,
} from '../registration/metadata-store/metadata-store.ts';
import type { JobObject } from '../registration/objects/operator-objects.ts';
import type { ObservedStartValues } from '../registration/secret/observe.ts';
import type { Asked } from './asked.ts';

/** The contract of this room: what is observed of one org, in all places. */

/** The state of something that is compared with what is desired. */
export type Comparison = 'same' | 'differs' | 'missing';

/** A field that is undefined was not asked: what it rests on is not there yet, or is unknown itself. */
export interface OrgObservation {
  /** What synth renders for the org's registration. */
  readonly inputs: RegistrationInputs;
  /** Its committed manifests, beside those that synth would write. */
  readonly committed: Asked<Comparison>;
  /** What Argo CD has applied, beside those that synth would write: by the fingerprint of the registration. */
  readonly applied: Asked<Comparison>;
  /** What the row, or the ConfigMap in its place, says of a registration; undefined when it is not there. */
  readonly row: Asked<Readonly<Record<string, unknown>> | undefined>;
  readonly hookJobs: Asked<readonly JobObject[]>;
  readonly catalog: Asked<ObservedCatalog>;
  readonly startValues: Asked<ObservedStartValues>;
  /** The password that others provide; not asked where registration makes it. */
  readonly providedPassword?: Asked<string>;
  /** The server of the metadata store, as its admin sees it; not asked where the store is pre-provisioned. */
  readonly store?: Asked<ObservedStore>;
  /** The login of the catalog's role. */
  readonly login?: ObservedLogin;
  readonly inside?: Asked<ObservedInside | undefined>;
  readonly server?: Asked<ObservedServer>;
  readonly warehouse?: Asked<WarehouseObservation>;
  /** What engines are told; undefined when the warehouse is not served. */
  readonly config?: Asked<CatalogConfig | undefined>;
  /** With --deep: what the server says of its access to the storage; undefined when it does not know the question. */
  readonly access?: Asked<StorageAccess | undefined>;
  readonly workers: Asked<Workers>;
}

/** Pods of the org's workers. */
export interface Workers {
  readonly running: number;
  readonly ready: number;
}

/** The checks that failed: `lakekeeper-read-write: …`. */
export interface StorageAccess {
  readonly failures: readonly string[];
}
