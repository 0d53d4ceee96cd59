import { randomBytes } from 'node:crypto';

/**
 * A new password or encryption key: a letter, and 32 random bytes in hex. The letter, because the catalog's
 * settings parser takes text of digits for a number, also of digits around an `e`, and gives quotes and
 * brackets a meaning; Lakekeeper would not start. It is one that hex does not use, so that the whole cannot be
 * taken for hex either.
 */
export function newSecret(): string {
  return `k${randomBytes(32).toString('hex')}`;
}
