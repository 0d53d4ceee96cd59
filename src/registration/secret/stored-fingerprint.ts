import { secretKeys } from '../../catalog/catalog.ts';
import type { KubernetesClient, ObjectAddress } from '../../clients/kubernetes/kubernetes-client.ts';
import { decodeSecretValue, patchSecret, readSecret, type SecretObject } from '../objects/secret-objects.ts';
import type { SentCredentials } from './credential-fingerprint.ts';

/** Annotation of the org's Secret: fingerprint of the storage credential that the catalog was last given. */
export const sentCredentialKey = 'lakekeeper-gitops/sent-credential';
/** Annotation beside it: id of the Lakekeeper warehouse, by which an inactive one is found. */
export const warehouseIdKey = 'lakekeeper-gitops/lakekeeper-warehouse';

/**
 * Remembers in the org's Secret, beside the key: whoever can read the one can read the other, and nobody else
 * can either.
 *
 * @param at name of the Secret and of the custom resource.
 * @param seen the Secret as it was read a moment ago, which answers the first question.
 */
export function sentCredentialsInSecret(
  client: KubernetesClient,
  at: ObjectAddress,
  seen?: SecretObject,
): SentCredentials {
  let known = seen;
  const read = async (): Promise<SecretObject> => {
    const secret = await readSecret(client, at);
    if (secret === undefined) throw new Error(`Secret ${at.namespace}/${at.name} was deleted meanwhile`);
    return secret;
  };
  return {
    recall: async () => {
      const { data, metadata } = known ?? (await read());
      known = undefined;
      const key = decodeSecretValue(data?.[secretKeys.encryptionKey] ?? '');
      if (!key) throw new Error(`Secret ${at.namespace}/${at.name} lost its key ${secretKeys.encryptionKey}`);
      return {
        fingerprint: metadata.annotations?.[sentCredentialKey],
        warehouseId: metadata.annotations?.[warehouseIdKey],
        key,
      };
    },
    remember: async ({ fingerprint, warehouseId }) => {
      let observed = await read();
      for (;;) {
        const annotations = { [sentCredentialKey]: fingerprint, [warehouseIdKey]: warehouseId };
        const { outcome, secret } = await patchSecret(client, at, observed, { annotations });
        observed = secret;
        if (outcome === 'updated') return;
      }
    },
  };
}
