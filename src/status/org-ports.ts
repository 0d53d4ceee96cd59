import type { CredentialSources } from '../registration/resolve-credential.ts';

/** Clients and limits for observing one org. */
export interface OrgPorts {
  readonly sources: CredentialSources;
  readonly signal: AbortSignal;
  /** The token for its catalog; undefined without authentication. */
  readonly token: () => Promise<string | undefined>;
  /** URL of its catalog, if that is not its Service in the cluster. */
  readonly serverURL: string | undefined;
  /** Time limit for each answer of the catalog, in milliseconds. */
  readonly timeoutMs: number;
  /** Whether the server has to test its storage. */
  readonly isDeep: boolean;
}
