import fc from 'fast-check';
import { parse } from 'pg-connection-string';
import { describe, expect, test } from 'vitest';
import { readParameters } from '../../../src/clients/postgres/connection-parameters.ts';
import { UsageError } from '../../../src/text/errors.ts';

const read = (url: string | undefined, env: NodeJS.ProcessEnv = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(readParameters(url, env)).map(([name, { value }]) => [name, value]));

const printable = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
  .filter((text) => text.isWellFormed() && !text.includes('\0'));
const encode = encodeURIComponent;

describe('a Postgres URL', () => {
  test.each([
    ['postgres://', {}],
    ['postgresql://', {}],
    ['POSTGRES://h', { host: 'h' }],
    ['postgres://h', { host: 'h' }],
    ['postgres://h:1/', { host: 'h', port: '1' }],
    ['postgres:///d', { dbname: 'd' }],
    ['postgres://u@/d', { user: 'u', dbname: 'd' }],
    ['postgres://u:@h', { user: 'u', host: 'h' }],
    ['postgres://u:p:q@h', { user: 'u', password: 'p:q', host: 'h' }],
    ['postgres://u:p@q@h', { user: 'u', password: 'p@q', host: 'h' }],
    ['postgres://u:p#q@h/d#e', { user: 'u', password: 'p#q', host: 'h', dbname: 'd#e' }],
    ['postgres://[::1]:5/d', { host: '::1', port: '5', dbname: 'd' }],
    ['postgres://%2Frun%2Fpg/d', { host: '/run/pg', dbname: 'd' }],
    ['postgres:///d?host=/run/pg&port=5', { dbname: 'd', host: '/run/pg', port: '5' }],
    ['postgres://h/d?user=u&password=a+b%26', { host: 'h', dbname: 'd', user: 'u', password: 'a+b&' }],
    ['postgres://h/?sslmode=require&sslmode=disable', { host: 'h', sslmode: 'disable' }],
    ['postgres://h/?ssl=true&keepalives=1&gssencmode=prefer', { host: 'h', sslmode: 'require' }],
    [' postgres://h \n', { host: 'h' }],
  ])('%s is taken apart as libpq does', (url, expected) => {
    expect(read(url)).toEqual(expected);
  });

  test('carries every printable user, password, host directory and database', () => {
    fc.assert(
      fc.property(printable, printable, printable, printable, (user, password, dbname, host) => {
        expect(
          read(`postgres://${encode(user)}:${encode(password)}@${encode(host)}/${encode(dbname)}`),
        ).toEqual({ user, password, host, dbname });
        expect(read(`postgres://?user=${encode(user)}&password=${encode(password)}`)).toEqual({
          user,
          password,
        });
      }),
    );
  });

  test('means what pg-connection-string takes it to mean, where that agrees with libpq', () => {
    const word = fc.stringMatching(/^[a-z0-9_-]{1,12}$/);
    fc.assert(
      fc.property(
        printable,
        printable,
        fc.domain(),
        fc.integer({ min: 1, max: 65_535 }),
        word,
        (u, p, host, port, d) => {
          const url = `postgres://${encode(u)}:${encode(p)}@${host}:${port}/${d}?application_name=${d}`;
          const { user, password, database, ...rest } = parse(url);
          expect(read(url)).toEqual({
            user,
            password,
            dbname: database,
            host: rest.host,
            port: rest.port,
            application_name: d,
          });
        },
      ),
    );
  });

  test.each([
    ['mysql://h/d', 'expected postgres:// or postgresql:// at its beginning, not mysql://'],
    ['warehouses', 'expected postgres:// or postgresql:// at its beginning'],
    ['', 'expected postgres:// or postgresql:// at its beginning'],
    ['postgres://[::1]x/d', 'expected postgres://user:password@host:port/database?parameter=value'],
    ['postgres://a,b/d', 'several hosts are not supported'],
    ['postgres://a:1,b:2/d', 'several hosts are not supported'],
    ['postgres://h/d?sslmod=require', 'sslmod: not supported; supported are host, port, user'],
    ['postgres://h/d?target_session_attrs=read-write', 'target_session_attrs: that value is not supported'],
    ['postgres://h/d?hostaddr=10.0.0.1', 'hostaddr: not supported'],
    ['postgres://h/d?passfile=/x', 'passfile: not supported'],
    ['postgres://h/d?keepalives_idle=30', 'keepalives_idle: not supported'],
    ['postgres://h/d?constructor=1', 'constructor: not supported'],
    ['postgres://h/d?sslmode', 'each parameter has the form name=value'],
    ['postgres://h/%zz', 'its database is not percent-encoded UTF-8'],
    ['postgres://u%ff@h', 'its user is not percent-encoded UTF-8'],
    ['postgres://u:%00@h', 'its password is not percent-encoded UTF-8'],
  ])('%s is refused with the reason', (url, message) => {
    expect(() => read(url)).toThrow(UsageError);
    expect(() => read(url)).toThrow(message);
  });

  test.each([
    'postgres://user:TopSecret/db',
    'postgres://user:TopSecret',
    'postgres://user:12/TopSecret@h/db',
    'postgres://user:12?TopSecret@h/db',
    'postgres://user:12?TopSecret=1@h/db',
    'postgres://user:a@b/TopSecret@h/db',
    'postgres://user:%zzTopSecret@h/db',
    'postgres://h/db?password=a&TopSecret=1',
    'postgres://h/db?password=a&TopSecret',
    'user:TopSecret://h',
    'TopSecret',
  ])('%s is refused without showing the password', (url) => {
    const message = messageOf(() => read(url));
    expect(message).not.toBe('');
    expect(message).not.toContain('TopSecret');
  });

  test('never has a password in its error, or in anything else than the password', () => {
    const noise = fc.string({ unit: 'grapheme-ascii', maxLength: 8 });
    fc.assert(
      fc.property(noise, noise, (before, after) => {
        const url = `postgres://user:${before}TopSecret${after}@host:5432/db`;
        const message = messageOf(() => {
          const { password, ...rest } = read(url);
          expect(JSON.stringify(rest)).not.toContain('TopSecret');
        });
        expect(message).not.toContain('TopSecret');
      }),
      { numRuns: 2000 },
    );
  });
});

test('a PG* variable counts where the URL says nothing, and an empty one never', () => {
  const env = {
    PGHOST: 'eh',
    PGPORT: '7',
    PGUSER: '',
    PGPASSWORD: 'ep',
    PGDATABASE: 'ed',
    PGSSLMODE: 'require',
  };
  expect(read(undefined, env)).toEqual({
    host: 'eh',
    port: '7',
    password: 'ep',
    dbname: 'ed',
    sslmode: 'require',
  });
  expect(read('postgres://u:p@h', env)).toMatchObject({
    user: 'u',
    password: 'p',
    host: 'h',
    port: '7',
    dbname: 'ed',
  });
});

function messageOf(work: () => void): string {
  try {
    work();
    return '';
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    expect(error.cause).toBeUndefined();
    return error.message;
  }
}
