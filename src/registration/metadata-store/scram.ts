import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { PermanentError } from '../../text/errors.ts';

/** What Postgres and libpq take by default. */
const defaultIterations = 4096;

/**
 * A verifier for the password, with a new random salt: no two are equal. It has the form in which Postgres
 * stores it and takes it in place of a password: `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`,
 * binary parts in base64 (RFC 5802, 7677; https://www.postgresql.org/docs/current/catalog-pg-authid.html). The
 * password cannot be read from it.
 *
 * @throws PermanentError when the password is not of printable ASCII: others would have to be normalised before
 * (SASLprep).
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
