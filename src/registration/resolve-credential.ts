import type { CredentialReference } from '../catalog/catalog.ts';
import type { KubernetesClient } from '../clients/kubernetes/kubernetes-client.ts';
import { PermanentError } from '../text/errors.ts';
import type { Redactions } from '../text/redactions.ts';
import { readDucklingCredential } from './objects/duckling-credential.ts';
import { readSecretKey, type SecretReads } from './objects/secret-objects.ts';

/** Where references are looked up. Every value is known to the redactions before anybody else has it. */
export interface CredentialSources {
  readonly kubernetes: KubernetesClient;
  readonly environment: NodeJS.ProcessEnv;
  readonly redactions: Redactions;
  /**
   * Secrets that were read already, in a round of a run: one may hold several values, and one value be needed
   * several times.
   */
  readonly secrets?: SecretReads | undefined;
  /** As `secrets`, of all runs of this process, for a short time: many orgs share a Secret. */
  readonly recentSecrets?: SecretReads | undefined;
  /** Paths of what is mounted into the Job's pod; what is not there is read from the API server. */
  readonly files?: { readonly amendments: string; readonly metadataStoreCA: string } | undefined;
  /** Awaited before each connection to Postgres that is made with a credential from here. */
  readonly beforeConnect?: (() => Promise<void>) | undefined;
}

/** What a reference refers to. @throws an error that names the namespace, name and key of what is missing. */
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
