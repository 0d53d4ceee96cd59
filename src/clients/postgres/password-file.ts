import { readFileSync, statSync } from 'node:fs';

/** What a line of a password file is looked up by. */
export interface Login {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

/**
 * The password for a login in libpq's password file (https://www.postgresql.org/docs/current/libpq-pgpass.html):
 * lines of `host:port:database:user:password`, `*` for any, `\` before `:` and `\`; the first that fits counts.
 * `pg` would read it itself, but from its own idea of the environment, and with a deprecation warning.
 *
 * @returns undefined when no line fits, and, as in libpq, when the file is missing or open to others than its owner.
 */
export function passwordFromFile(path: string, login: Login): string | undefined {
  const wanted = [login.host, String(login.port), login.database, login.user];
  for (const line of readPrivate(path).split(/\r?\n/)) {
    if (line.startsWith('#')) continue;
    const fields = [...line.matchAll(/((?:\\.|[^:\\])*)(?::|$)/g)].map(([, field = '']) =>
      field.replace(/\\(.)/g, '$1'),
    );
    const password = fields[4];
    if (password && wanted.every((value, index) => fields[index] === '*' || fields[index] === value))
      return password;
  }
  return undefined;
}

function readPrivate(path: string): string {
  try {
    const stats = statSync(path);
    if (!stats.isFile() || (process.platform !== 'win32' && (stats.mode & 0o077) !== 0)) return '';
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
