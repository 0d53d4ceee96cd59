import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Connection,
  describe as describeConnection,
  parseConnection,
} from '../../../src/clients/postgres/connection.ts';
import { UsageError } from '../../../src/text/errors.ts';
import { createAuthority } from '../../support/certificates.ts';

let home: string;
const authority = createAuthority('an authority');
const client = authority.issue('a client');

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'connection-test-'));
  writeFileSync(join(home, 'ca.pem'), authority.cert);
  writeFileSync(join(home, 'client.pem'), client.cert);
  writeFileSync(join(home, 'client.key'), client.key);
});
afterAll(() => rmSync(home, { recursive: true }));

const everyPrintable = String.fromCharCode(...Array.from({ length: 95 }, (_, index) => 32 + index));
const parse = (url: string | undefined, env: NodeJS.ProcessEnv = {}): Connection => parseConnection(url, env);

/** What `pg` would be told as the password. */
function passwordOf(connection: Connection): unknown {
  const { password } = connection.config();
  return typeof password === 'function' ? password() : password;
}

describe('a connection', () => {
  test('has the defaults of libpq and pg, but for sslmode', () => {
    const user = userInfo().username;
    expect({ ...parse(undefined) }).toEqual({
      host: 'localhost',
      port: 5432,
      user,
      database: user,
      sslmode: 'disable',
      bindsChannel: false,
      isInteractive: true,
    });
    expect(parse('postgres://u@')).toMatchObject({ user: 'u', database: 'u' });
    expect(parse(undefined).config()).toMatchObject({
      application_name: 'lakekeeper-gitops',
      connectionTimeoutMillis: 10_000,
    });
  });

  test('takes its options from the variables too', () => {
    const env = {
      PGAPPNAME: 'me',
      PGCONNECT_TIMEOUT: '3',
      PGOPTIONS: '-c geqo=off',
      PGUSER: 'u',
      PGPASSWORD: 'p',
    };
    expect(parse(undefined, env).config()).toMatchObject({
      application_name: 'me',
      connectionTimeoutMillis: 3000,
      options: '-c geqo=off',
    });
    expect(parse('postgres://?connect_timeout=0').config()).toMatchObject({
      connectionTimeoutMillis: 0,
    });
  });

  test('leads to another database of the same server, with the same login or another one', () => {
    const admin = parse('postgres://u:p@h:1/d?connect_timeout=3&sslmode=require');
    const other = admin.to('e/?#');
    expect({ ...other }).toEqual({ ...admin, database: 'e/?#' });
    expect(passwordOf(other)).toBe('p');
    const login = admin.to('e', { user: 'v', password: everyPrintable });
    expect({ ...login }).toEqual({ ...admin, database: 'e', user: 'v' });
    expect(passwordOf(login)).toBe(everyPrintable);
    expect(login.config()).toMatchObject({ connectionTimeoutMillis: 3000 });
  });

  test('is described without the password, and with hostile names quoted', () => {
    expect(describeConnection(parse('postgres://u:p@h:1/d'))).toBe('h:1/d as u');
    expect(describeConnection(parse('postgres://u@[::1]/d'))).toBe('[::1]:5432/d as u');
    expect(describeConnection(parse('postgres://u%0A@h/%E2%80%AEd%1B'))).toBe(
      'h:5432/"\\u202ed\\u001b" as "u\\n"',
    );
  });

  test('never shows password and private key when it is printed', () => {
    const url = `postgres://u:TopSecret@h/?sslcert=${home}/client.pem&sslkey=${home}/client.key`;
    const connection = parse(url);
    for (const thing of [connection, { ...connection }, connection.config()]) {
      for (const text of [inspect(thing, { depth: 9 }), JSON.stringify(thing), String(thing)]) {
        expect(text).not.toContain('TopSecret');
        expect(text).not.toContain('PRIVATE KEY');
      }
    }
    expect(inspect(connection, { depth: 9, showHidden: true })).not.toMatch(/TopSecret|PRIVATE KEY/);
    expect(passwordOf(connection)).toBe('TopSecret');
  });

  test('carries any password unchanged, from the URL and from PGPASSWORD', () => {
    const password = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => text.isWellFormed());
    fc.assert(
      fc.property(password, (secret) => {
        expect(passwordOf(parse(`postgres://u:${encodeURIComponent(secret)}@h`))).toBe(secret);
        expect(passwordOf(parse('postgres://u@h', { PGPASSWORD: secret }))).toBe(secret);
      }),
    );
  });

  test.each([
    [{ PGPORT: '0' }, 'PGPORT: expected a number from 1 to 65535, not "0"'],
    [{ PGPORT: '65536' }, 'PGPORT: expected a number from 1 to 65535, not "65536"'],
    [{ PGPORT: '0x10' }, 'PGPORT: expected a number from 1 to 65535, not "0x10"'],
    [{ PGCONNECT_TIMEOUT: 'soon' }, 'PGCONNECT_TIMEOUT: expected seconds (0 to 86400), not "soon"'],
    [{ PGSSLMODE: 'full' }, 'PGSSLMODE: "full" is not one of disable, require, verify-ca, verify-full'],
    // Whether there is TLS would be the server's choice, or that of somebody in between.
    [{ PGSSLMODE: 'allow' }, 'PGSSLMODE: "allow" is not one of disable'],
    [{ PGSSLMODE: 'prefer' }, 'PGSSLMODE: "prefer" is not one of disable'],
    [
      { PGPASSFILE: '/home/me/.pgpass' },
      'PGPASSFILE is set, and not supported; supported are PGHOST, PGPORT',
    ],
    [{ PGSERVICE: 'mine' }, 'PGSERVICE is set, and not supported'],
    [{ PGTARGETSESSIONATTRS: 'read-write' }, 'PGTARGETSESSIONATTRS is set, and that value is not supported'],
    [
      { PGTARGETSESSIONATTRS: 'any,read-write' },
      'PGTARGETSESSIONATTRS is set, and that value is not supported',
    ],
    [{ PGHOSTADDR: '10.0.0.1' }, 'PGHOSTADDR is set, and not supported'],
    [{ PGTZ: 'UTC' }, 'PGTZ is set, and not supported'],
    [{ PGCHANNELBINDING: 'always' }, 'PGCHANNELBINDING: "always" is not one of disable, prefer, require'],
    [
      { PGCHANNELBINDING: 'require', PGSSLMODE: 'disable' },
      'PGCHANNELBINDING: require needs TLS, and sslmode is disable',
    ],
    [{ PGSSLNEGOTIATION: 'none' }, 'PGSSLNEGOTIATION: "none" is not one of postgres, direct'],
    [
      { PGSSLNEGOTIATION: 'direct', PGSSLMODE: 'disable' },
      'sslmode=disable is too weak for sslnegotiation=direct',
    ],
    [
      { PGSSLROOTCERT: 'system', PGSSLMODE: 'verify-ca' },
      'sslmode=verify-ca is too weak for sslrootcert=system',
    ],
    [{ PGSSLROOTCERT: '/no/such.crt' }, 'cannot read /no/such.crt (PGSSLROOTCERT): there is no such file'],
    [{ PGSSLROOTCERT: '/' }, 'cannot read / (PGSSLROOTCERT): EISDIR'],
    [{ PGSSLROOTCERT: '/etc/passwd' }, '/etc/passwd holds no certificate in PEM form'],
    [{ PGSSLMODE: 'verify-ca' }, 'sslmode=verify-ca needs a root certificate: give the file as sslrootcert'],
    [{ PGSSLMODE: 'verify-full' }, 'sslmode=verify-full needs a root certificate'],
    [{ PGSSLCERT: '/no/client.crt' }, 'cannot read /no/client.crt (PGSSLCERT): there is no such file'],
  ])('%o is refused with what was seen and what is allowed', (env, message) => {
    expect(() => parse('postgres://u:TopSecret@h', env)).toThrow(UsageError);
    expect(() => parse('postgres://u:TopSecret@h', env)).toThrow(message);
  });

  test.each<[string | undefined, NodeJS.ProcessEnv, string]>([
    [undefined, { PGHOST: 'a,b' }, 'PGHOST: several hosts are not supported; name one'],
    ['postgres://?host=a,b', {}, 'host of the Postgres URL: several hosts are not supported; name one'],
    ['postgres://a,b/d', {}, 'the Postgres URL: several hosts are not supported; name one'],
    [
      'postgres://h/d?channel_binding=x',
      {},
      'channel_binding of the Postgres URL: (not repeated, as it may hold a credential) is not one of disable',
    ],
    [
      undefined,
      { PGDATABASE: 'postgres://u:TopSecret@h/d' },
      'PGDATABASE: expected a name, and found a part of',
    ],
  ])('%s with %j: what is not honoured is refused by its name', (url, env, message) => {
    expect(() => parse(url, env)).toThrow(UsageError);
    expect(() => parse(url, env)).toThrow(message);
    expect(() => parse(url, env)).not.toThrow(/TopSecret/);
  });

  test('every variable of libpq is honoured, or refused by its name', () => {
    // https://www.postgresql.org/docs/18/libpq-envars.html
    const variables =
      `PGHOST PGSSLNEGOTIATION PGHOSTADDR PGPORT PGDATABASE PGUSER PGPASSWORD PGPASSFILE PGREQUIREAUTH
      PGCHANNELBINDING PGSERVICE PGSERVICEFILE PGOPTIONS PGAPPNAME PGSSLMODE PGREQUIRESSL PGSSLCOMPRESSION PGSSLCERT
      PGSSLKEY PGSSLCERTMODE PGSSLROOTCERT PGSSLCRL PGSSLCRLDIR PGSSLSNI PGREQUIREPEER PGSSLMINPROTOCOLVERSION
      PGSSLMAXPROTOCOLVERSION PGGSSENCMODE PGKRBSRVNAME PGGSSLIB PGGSSDELEGATION PGCONNECT_TIMEOUT PGCLIENTENCODING
      PGTARGETSESSIONATTRS PGLOADBALANCEHOSTS PGMINPROTOCOLVERSION PGMAXPROTOCOLVERSION PGDATESTYLE PGTZ PGGEQO
      PGSYSCONFDIR PGLOCALEDIR`.split(/\s+/);
    const honoured = variables.filter((variable) => {
      try {
        parse('postgres://h', { [variable]: 'x' });
        return true;
      } catch (error) {
        // Of the password nothing can be wrong; of the others the message names the variable.
        expect((error as Error).message).toContain(variable);
        return false;
      }
    });
    // The URL says the host; a name or an option may be any text, and a certificate is read when there is TLS.
    expect(honoured).toEqual([
      'PGHOST',
      'PGDATABASE',
      'PGUSER',
      'PGPASSWORD',
      'PGOPTIONS',
      'PGAPPNAME',
      'PGSSLKEY',
    ]);
  });

  test('names the URL when a wrong value comes from there', () => {
    expect(() => parse('postgres://u:p@h:99999')).toThrow(
      'port of the Postgres URL: expected a number from 1',
    );
    for (const name of ['sslmode', 'sslnegotiation', 'channel_binding', 'port', 'connect_timeout'])
      expect(() => parse(`postgres://h/?${name}=TopSecret`), name).toThrow(
        new RegExp(`^${name} of the Postgres URL: (?!.*TopSecret)`),
      );
  });

  test('refuses a client certificate without its key, and with another key', () => {
    const env = { PGSSLCERT: join(home, 'client.pem') };
    expect(() => parse('postgres://h', env)).toThrow('there is no private key for this certificate');
    writeFileSync(join(home, 'other.key'), authority.issue('another').key);
    expect(() => parse('postgres://h', { ...env, PGSSLKEY: join(home, 'other.key') })).toThrow(
      'are not a PEM certificate and its private key',
    );
  });

  test('looks at no certificate file when it will not do TLS', () => {
    expect(parse('postgres://h', { PGSSLMODE: 'disable', PGSSLROOTCERT: '/no' }).config().ssl).toBe(false);
    expect(parse('postgres://%2Ftmp', { PGSSLMODE: 'verify-full' }).config().ssl).toBe(false);
  });

  test('verifies whenever there is a root certificate, and the host name only by verify-full', () => {
    const tls = (env: NodeJS.ProcessEnv): unknown => parse('postgres://h', env).config().ssl;
    expect(tls({ PGSSLMODE: 'require' })).toMatchObject({ rejectUnauthorized: false });
    expect(tls({ PGSSLROOTCERT: 'system' })).toEqual({ rejectUnauthorized: true });
    const PGSSLROOTCERT = join(home, 'ca.pem');
    const verified = { rejectUnauthorized: true, ca: authority.cert };
    expect(tls({ PGSSLROOTCERT, PGSSLMODE: 'verify-full' })).toEqual(verified);
    for (const PGSSLMODE of ['require', 'verify-ca'])
      expect(tls({ PGSSLROOTCERT, PGSSLMODE })).toEqual({
        ...verified,
        checkServerIdentity: expect.any(Function),
      });
  });

  test.each([
    ['postgres://h', 'require'],
    ['postgres://10.0.0.1', 'require'],
    ['postgres://localhost.example.org', 'require'],
    ['postgres://localhost', 'disable'],
    ['postgres://127.0.0.2', 'disable'],
    ['postgres://[::1]', 'disable'],
    ['postgres://localhost/?sslmode=require', 'require'],
    ['postgres://localhost/?sslrootcert=system', 'verify-full'],
  ])('to %s does TLS when nothing else is said, unless nothing leaves this machine: %s', (url, sslmode) => {
    expect(parse(url).sslmode).toBe(sslmode);
  });
});
