import { createHmac } from 'node:crypto';
import type { StorageCredential } from '../../clients/lakekeeper/lakekeeper-answers.ts';

/**
 * Which storage credential a catalog was last given. The server never says, so that a key that was exchanged at
 * its source would go unnoticed: it is remembered on our side, as a fingerprint, with the id of the warehouse
 * that it was given to.
 */
export interface SentCredentials {
  /** What is remembered of the last one, if anything, and the key that fingerprints are made with. */
  recall(): Promise<{
    readonly fingerprint: string | undefined;
    readonly warehouseId: string | undefined;
    readonly key: string;
  }>;
  remember(sent: SentCredential): Promise<void>;
}

export interface SentCredential {
  readonly fingerprint: string;
  readonly warehouseId: string;
}

/**
 * A fingerprint that says nothing about the credential to anybody without the key, and is another one for every
 * warehouse.
 *
 * @param key the org's encryption key: what the catalog encrypts its stored credentials with. With a new one it cannot
 * read them any more (incident 37), and no fingerprint agrees any more either, so that all are sent again.
 */
export function fingerprintOf(credential: StorageCredential, warehouseId: string, key: string): string {
  const text = JSON.stringify(['lakekeeper-gitops/sent-credential', warehouseId, credential]);
  return createHmac('sha256', key).update(text).digest('hex');
}
