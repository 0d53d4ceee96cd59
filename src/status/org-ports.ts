import type { CredentialSources } from '../registration/resolve-credential.ts';

/** What one org is looked at with. */
export interface OrgPorts {
  readonly sources: CredentialSources;
  readonly signal: AbortSignal;
  /** The token for its catalog; undefined without authentication. */
  readonly token: () => Promise<string | undefined>;
  /** Where its catalog is from here, when not under its name in the cluster. */
  readonly serverURL: string | undefined;
  /** How long an answer of the catalog may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Whether the server is asked to try its storage. */
  readonly isDeep: boolean;
}
