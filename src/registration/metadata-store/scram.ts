import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { PermanentError } from '../../text/errors.ts';

/** The default of Postgres and libpq. */
const defaultIterations = 4096;

/**
 * A SCRAM verifier for the password, with a random salt. Postgres stores this form, and accepts it instead of a
 * password: `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`, with the binary parts in base64 (RFC 5802,
 * RFC 7677; https://www.postgresql.org/docs/current/catalog-pg-authid.html). The password cannot be computed from it.
 *
 * @throws PermanentError if the password has other characters than printable ASCII, which SASLprep would have to
 * normalize.
 */
export function scramVerifier(password: string, salt = randomBytes(16)): string {
  if (!/^[ -~]+$/.test(password))
    throw new PermanentError(
      "the catalog's password in the Secret has characters that are not printable ASCII; replace it, " +
        'or take its key away to have a ' +
        'new one made',
    );
  const salted = pbkdf2Sync(password, salt, defaultIterations, 32, 'sha256');
  const hmac = (text: string): Buffer => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest();
  const base64 = (bytes: Buffer): string => bytes.toString('base64');
  return `SCRAM-SHA-256$${defaultIterations}:${base64(salt)}$${base64(storedKey)}:${base64(hmac('Server Key'))}`;
}
