import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import { saslprep } from './saslprep.ts';

/**
 * SCRAM-SHA-256 verifiers (RFC 5802, 7677) in the form in which Postgres stores them and takes them in place of a password:
 * `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`, binary parts in base64
 * (https://www.postgresql.org/docs/current/catalog-pg-authid.html). The password cannot be read from it.
 */

/** What Postgres and libpq take by default. */
const usualIterations = 4096;

/** A verifier for the password, with a new random salt: no two are equal. */
export function scramVerifier(password: string): string {
  const salt = randomBytes(16);
  const { storedKey, serverKey } = keys(password, salt, usualIterations);
  const base64 = (bytes: Buffer): string => bytes.toString('base64');
  return `SCRAM-SHA-256$${usualIterations}:${base64(salt)}$${base64(storedKey)}:${base64(serverKey)}`;
}

const form =
  /^SCRAM-SHA-256\$(?<iterations>[1-9]\d{0,8}):(?<salt>[^$:]+)\$(?<stored>[^$:]+):(?<server>[^$:]+)$/;

/** Whether the verifier was made from this password; no for every other form, such as md5. */
export function verifies(verifier: string, password: string): boolean {
  const { iterations, salt, stored, server } = form.exec(verifier)?.groups ?? {};
  if (!iterations || !salt || !stored || !server) return false;
  const { storedKey, serverKey } = keys(password, Buffer.from(salt, 'base64'), Number(iterations));
  return equal(storedKey, Buffer.from(stored, 'base64')) && equal(serverKey, Buffer.from(server, 'base64'));
}

function keys(password: string, salt: Buffer, iterations: number): { storedKey: Buffer; serverKey: Buffer } {
  const salted = pbkdf2Sync(saslprep(password), salt, iterations, 32, 'sha256');
  const hmac = (text: string): Buffer => createHmac('sha256', salted).update(text).digest();
  return {
    storedKey: createHash('sha256').update(hmac('Client Key')).digest(),
    serverKey: hmac('Server Key'),
  };
}

function equal(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
