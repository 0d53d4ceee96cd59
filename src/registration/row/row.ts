import type { KubernetesClient } from '../../clients/kubernetes/kubernetes-client.ts';
import type { CredentialSources } from '../resolve-credential.ts';
import type { RegistrationFailure, RegistrationRecord } from './registration-record.ts';

/** The org's row in the control plane's database, its Kubernetes resource, or the ConfigMap in place of both. */
export interface Row {
  /** Reads the row. Why the org must not be registered any more; undefined if it may be. */
  reasonToStop(): Promise<string | undefined>;
  /** The columns of a registration, as `reasonToStop` last read them; undefined without a row. */
  recorded(): Promise<Readonly<Record<string, unknown>> | undefined>;
  /** Whether the row has all of the record, and no message of a failure, as `reasonToStop` last read it. */
  isUpToDate(record: RegistrationRecord): Promise<boolean>;
  /** The columns whose values differ from the record's. */
  differences(record: RegistrationRecord): Promise<readonly string[]>;
  /** `closed`: the row was disabled or deleted meanwhile, and is not written. */
  recordSuccess(record: RegistrationRecord): Promise<'created' | 'updated' | 'unchanged' | 'closed'>;
  /** `unchanged`: the row already has this failure; `closed`: as for `recordSuccess`. */
  recordFailure(failure: RegistrationFailure): Promise<'created' | 'updated' | 'unchanged' | 'closed'>;
}

/** How long a run that was ended may take to record the reason. Kubernetes kills the pod after 30 s. */
export const shutdownTimeoutMs = 4000;

/** The clients that a row uses. */
export interface RowPorts {
  readonly sources: CredentialSources;
  /** Ends every operation except `recordFailure`, which records that the run was ended. */
  readonly signal: AbortSignal;
  /** A client that still works after the signal. */
  readonly shutdownClient: KubernetesClient;
}
