import { PermanentError } from '../../text/errors.ts';
import { nameForMessage as name } from '../../text/printable.ts';
import type { ObservedInside } from './metadata-store.ts';
import { refuseUnavailable } from './plan.ts';

/**
 * Verifies that the migration can succeed: encoding UTF-8, the right to create tables, and its extensions or the
 * right to create them. It is checked before the operator starts, because the operator does not retry a failed
 * migration. Pure.
 *
 * @param inside as the catalog's role observed it.
 * @param at database and role, for messages.
 * @throws PermanentError with what is missing, and the SQL that corrects it.
 */
export function verifyInside(
  inside: ObservedInside,
  at: { readonly database: string; readonly user: string },
): void {
  const { encoding, mayCreateTables, mayCreateInDatabase, missingExtensions } = inside;
  const [database, role] = [quoted(at.database), quoted(at.user)];
  const problem = (what: string, sql: readonly string[]): PermanentError =>
    new PermanentError(
      `the role ${name(at.user)} ${what} in the database ${name(at.database)}` +
        (sql.length > 0 ? `; connected to it, as an admin, run: ${sql.join(' ')}` : ''),
    );
  if (encoding !== 'UTF8') throw problem(`needs the encoding UTF8, and found ${encoding},`, []);
  if (!mayCreateTables)
    throw problem('may not create tables in the schema public', [`ALTER SCHEMA public OWNER TO ${role};`]);
  refuseUnavailable(at.database, missingExtensions);
  const create = (missing: readonly { name: string }[]) =>
    missing.map((extension) => `CREATE EXTENSION ${quoted(extension.name)};`);
  const closed = missingExtensions.filter(({ isTrusted }) => !isTrusted);
  if (closed.length > 0)
    throw problem(
      `may not create extensions that are not trusted on this server (${names(closed)})`,
      create(closed),
    );
  if (missingExtensions.length > 0 && !mayCreateInDatabase)
    throw problem(`may not create the extensions that are missing (${names(missingExtensions)})`, [
      `GRANT CREATE ON DATABASE ${database} TO ${role};`,
    ]);
}

function names(extensions: readonly { name: string }[]): string {
  return extensions.map((extension) => extension.name).join(', ');
}

function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}
