import { randomBytes } from 'node:crypto';

/**
 * A new password or encryption key: the letter k, then 32 random bytes in hex. Lakekeeper's settings parser reads a
 * text of digits, or of digits around an `e`, as a number, and would not start. Quotes and brackets are special, too.
 * `k` is not a hex digit, so the text cannot be read as hex either.
 */
export function newSecret(): string {
  return `k${randomBytes(32).toString('hex')}`;
}
