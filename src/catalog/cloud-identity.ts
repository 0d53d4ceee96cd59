import type { DataStore } from './data-store-inputs.ts';

/** The cloud whose identities a kind of store accepts. */
export const cloudOf = { s3: 'aws', gcs: 'gcp', adls: 'azure' } as const;

/** The cloud identity of a catalog's pods. The server uses it only when its settings say so. */
export interface CloudIdentity {
  readonly cloud: (typeof cloudOf)[DataStore['type']];
  /** For AWS: whether roles are assumed with an external id. */
  readonly hasExternalId: boolean;
}

/** The identity with which a data store is accessed; undefined when it is accessed with a credential. */
export function cloudIdentityFor({ type, credential }: DataStore): CloudIdentity | undefined {
  if (credential.type !== 'systemIdentity') return undefined;
  const hasExternalId = 'externalId' in credential && credential.externalId !== undefined;
  return { cloud: cloudOf[type], hasExternalId };
}
