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
import type { Observed } from './observed.ts';

/** Everything that is observed of one org. */

/** The state of something that is compared with what is desired. */
export type Comparison = 'same' | 'differs' | 'missing';

/** An undefined field was not observed, because what it depends on is missing or unknown. */
export interface OrgObservation {
  /** The inputs of the org's registration, as synth renders them. */
  readonly inputs: RegistrationInputs;
  /** Its committed manifests, compared with those that synth would write. */
  readonly committed: Observed<Comparison>;
  /** The applied manifests, compared with those that synth would write by the fingerprint of the registration. */
  readonly applied: Observed<Comparison>;
  /** The registration in the row, or in the ConfigMap that replaces it; undefined if there is none. */
  readonly row: Observed<Readonly<Record<string, unknown>> | undefined>;
  readonly hookJobs: Observed<readonly JobObject[]>;
  readonly catalog: Observed<ObservedCatalog>;
  readonly startValues: Observed<ObservedStartValues>;
  /** The pre-provisioned password; not read if registration creates the password. */
  readonly providedPassword?: Observed<string>;
  /** The server of the metadata store, as seen by its admin; not read if the store is pre-provisioned. */
  readonly store?: Observed<ObservedStore>;
  /** The login of the catalog's role. */
  readonly login?: ObservedLogin;
  readonly inside?: Observed<ObservedInside | undefined>;
  readonly server?: Observed<ObservedServer>;
  readonly warehouse?: Observed<WarehouseObservation>;
  /** The configuration for engines; undefined if the warehouse is not served. */
  readonly config?: Observed<CatalogConfig | undefined>;
  /** With --deep: the server's test of its storage; undefined if the server has no such test. */
  readonly access?: Observed<StorageAccess | undefined>;
  readonly workers: Observed<Workers>;
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
