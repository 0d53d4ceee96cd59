import { forbidden, leftToRight, mappedToNothing, nonAsciiSpace, rightToLeft } from './saslprep-tables.ts';

/**
 * A password as Postgres prepares it before hashing: SASLprep (RFC 4013), and where that forbids the password, the password
 * itself (`pg_saslprep` in src/common/saslprep.c, and its callers).
 */
export function saslprep(password: string): string {
  // Postgres leaves ASCII as it is, control characters included.
  if (/^[\0-\x7f]*$/.test(password)) return password;
  const mapped = [...password]
    .map((character) => (nonAsciiSpace(character) ? ' ' : mappedToNothing(character) ? '' : character))
    .join('');
  // Postgres looks for what is forbidden before it normalizes, where the RFC looks after it.
  const characters = [...mapped];
  return characters.length === 0 || characters.some(forbidden) || mixesDirections(characters)
    ? password
    : mapped.normalize('NFKC');
}

/** What RFC 3454, section 6, does not allow: right-to-left beside left-to-right, or not at both ends. */
function mixesDirections(characters: readonly string[]): boolean {
  if (!characters.some(rightToLeft)) return false;
  const ends = [characters[0], characters.at(-1)];
  return characters.some(leftToRight) || !ends.every((end) => end !== undefined && rightToLeft(end));
}
