import type { DataStore } from './catalog.ts';

/** Whose identities a kind of store knows. */
export const cloudOf = { s3: 'aws', gcs: 'gcp', adls: 'azure' } as const;

/** The cloud identity of a catalog's own pods. The server uses one only where it was told to. */
export interface CloudIdentity {
  readonly cloud: (typeof cloudOf)[DataStore['type']];
  /** AWS only: whether roles are assumed with an external id. */
  readonly hasExternalId: boolean;
}

/** The identity that a data store is reached with; undefined when it is reached with a credential. */
export function cloudIdentityFor({ type, credential }: DataStore): CloudIdentity | undefined {
  if (credential.type !== 'systemIdentity') return undefined;
  const hasExternalId = 'externalId' in credential && credential.externalId !== undefined;
  return { cloud: cloudOf[type], hasExternalId };
}
