import type { CredentialReference } from '../catalog/metadata-store-inputs.ts';
import type { KubernetesClient } from '../clients/kubernetes/kubernetes-client.ts';
import type { SharedSessions } from '../clients/postgres/shared-sessions.ts';
import { PermanentError } from '../text/errors.ts';
import type { Redactions } from '../text/redactions.ts';
import { readDucklingCredential } from './objects/duckling-credential.ts';
import { readSecretKey, type SecretReads } from './objects/secret-objects.ts';

/** Where references are resolved. Every value is added to the redactions before it is returned. */
export interface CredentialSources {
  readonly kubernetes: KubernetesClient;
  readonly environment: NodeJS.ProcessEnv;
  readonly redactions: Redactions;
  /**
   * Secrets that this attempt has already read. One Secret may have several values, and a value may be needed more
   * than once.
   */
  readonly secrets?: SecretReads | undefined;
  /** Secrets that any run of this process has read recently. Many orgs share a Secret. */
  readonly recentSecrets?: SecretReads | undefined;
  /** Paths of volumes in the Job's pod. What is not mounted is read from the API server. */
  readonly files?: { readonly amendments: string; readonly metadataStoreCA: string } | undefined;
  /** Awaited before each connection to Postgres: limits how many are opened per second. */
  readonly beforeConnect?: (() => Promise<void>) | undefined;
  /** Sessions with the databases of the rows, which the orgs of a fleet share. */
  readonly rowSessions?: SharedSessions | undefined;
}

/**
 * The value of a reference.
 *
 * @throws Error with the namespace, name and key of what is missing; PermanentError for a value that is empty or not
 * text, and for an environment variable that is not set.
 */
export async function resolveCredential(
  reference: CredentialReference,
  sources: CredentialSources,
): Promise<string> {
  return sources.redactions.add(await find(reference, sources));
}

async function find(
  reference: CredentialReference,
  { kubernetes, environment, secrets }: CredentialSources,
): Promise<string> {
  if ('secret' in reference) return readSecretKey(kubernetes, reference.secret, secrets);
  if ('duckling' in reference) {
    const { password, passwordSecret } = await readDucklingCredential(kubernetes, reference.duckling);
    return passwordSecret === undefined
      ? (password ?? '')
      : readSecretKey(kubernetes, passwordSecret, secrets);
  }
  const value = environment[reference.environment];
  if (value) return value;
  throw new PermanentError(
    `the environment variable ${reference.environment} is not set; it is to hold the password of the metadata store`,
  );
}
