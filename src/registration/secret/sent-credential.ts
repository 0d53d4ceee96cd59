import { createHmac } from 'node:crypto';
import { secretKeys } from '../../catalog/catalog.ts';
import type { KubernetesClient, ObjectAddress } from '../../clients/kubernetes/kubernetes-client.ts';
import type { StorageCredential } from '../../clients/lakekeeper/lakekeeper-answers.ts';
import { decodeSecretValue, patchSecret, readSecret, type SecretObject } from '../objects/secret-objects.ts';

/**
 * The storage credential that was last sent to a catalog, as a fingerprint. The server never returns the credential,
 * so without it a change at its source would not be detected.
 */
export interface SentCredentials {
  /** The last one, undefined if there is none, and the key for fingerprints. */
  read(): Promise<{
    readonly fingerprint: string | undefined;
    readonly warehouseId: string | undefined;
    readonly key: string;
  }>;
  write(sent: SentCredential): Promise<void>;
}

interface SentCredential {
  readonly fingerprint: string;
  /** Id of the Lakekeeper warehouse that it was sent for. */
  readonly warehouseId: string;
}

/**
 * An HMAC of the credential and the warehouse.
 *
 * @param key the org's encryption key. After a new key, the catalog cannot decrypt its stored credentials (incident
 * 37). No fingerprint agrees then, so all credentials are sent again.
 */
export function fingerprintOf(credential: StorageCredential, warehouseId: string, key: string): string {
  const text = JSON.stringify(['lakekeeper-gitops/sent-credential', warehouseId, credential]);
  return createHmac('sha256', key).update(text).digest('hex');
}

/** Annotation of the org's Secret: fingerprint of the storage credential that was last sent to the catalog. */
export const sentCredentialKey = 'lakekeeper-gitops/sent-credential';
/** Annotation of the org's Secret: id of the Lakekeeper warehouse, by which an inactive one is found. */
export const warehouseIdKey = 'lakekeeper-gitops/lakekeeper-warehouse';

/** How often the Secret is written when another client writes it at the same time. */
const maxAttempts = 6;

/**
 * The sent credential in annotations of the org's Secret, beside the key of the fingerprint: the same people may read
 * both.
 *
 * @param at name of the Secret and of the custom resource.
 * @param current the Secret, if it was just read. The first `read` then needs no request.
 */
export function sentCredentialsInSecret(
  client: KubernetesClient,
  at: ObjectAddress,
  current?: SecretObject,
): SentCredentials {
  let cached = current;
  const readExisting = async (): Promise<SecretObject> => {
    const secret = await readSecret(client, at);
    if (secret === undefined) throw new Error(`Secret ${at.namespace}/${at.name} was deleted meanwhile`);
    return secret;
  };
  return {
    read: async () => {
      const { data, metadata } = cached ?? (await readExisting());
      cached = undefined;
      const key = decodeSecretValue(data?.[secretKeys.encryptionKey] ?? '');
      if (!key) throw new Error(`Secret ${at.namespace}/${at.name} lost its key ${secretKeys.encryptionKey}`);
      return {
        fingerprint: metadata.annotations?.[sentCredentialKey],
        warehouseId: metadata.annotations?.[warehouseIdKey],
        key,
      };
    },
    write: async ({ fingerprint, warehouseId }) => {
      let observed = await readExisting();
      const annotations = { [sentCredentialKey]: fingerprint, [warehouseIdKey]: warehouseId };
      for (let attempts = 1; ; attempts += 1) {
        const { outcome, secret } = await patchSecret(client, at, observed, { annotations });
        if (outcome === 'updated') return;
        if (attempts === maxAttempts)
          throw new Error(
            `other clients wrote Secret ${at.namespace}/${at.name} at the same time, ${attempts} times in a row; ` +
              'its managedFields name them',
          );
        observed = secret;
        await client.backOff(attempts, undefined);
      }
    },
  };
}
