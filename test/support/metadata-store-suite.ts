import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Connection, parseConnection } from '../../src/clients/postgres/connection.ts';
import { withClient } from '../../src/clients/postgres/postgres-client.ts';
import { applyActions } from '../../src/registration/metadata-store/apply.ts';
import {
  type DesiredMetadataStore,
  neededExtensions,
} from '../../src/registration/metadata-store/metadata-store.ts';
import { observeInside } from '../../src/registration/metadata-store/observe.ts';
import { newSecret } from '../../src/registration/random-secret.ts';
import { PermanentError } from '../../src/text/errors.ts';
import { ensureStore, verifyStore } from './ensure-store.ts';
import { type LoggedPostgres, startLoggedPostgres } from './logged-postgres.ts';
import { nativeDirectoryOf, type PostgresVersion } from './postgres-versions.ts';
import { retireStore } from './retire-store.ts';

const everyPrintable = String.fromCharCode(...Array.from({ length: 95 }, (_, index) => 32 + index));

let serial = 0;
function newStore(): DesiredMetadataStore {
  const database = `lakekeeper_org_${++serial}`;
  return { database, postgresRole: database, password: newSecret() };
}

/**
 * What must hold on every version of Postgres. A test file for each version calls it, so that they run side by side.
 *
 * @param programs where the server's programs come from, and their directory; undefined when it is not there, which
 *   fails in CI.
 */
export function describeMetadataStore(
  version: PostgresVersion,
  programs: { readonly from: string; readonly native: string | undefined } = {
    from: 'npm',
    native: nativeDirectoryOf(version),
  },
): void {
  const { from, native } = programs;
  const absent = native === undefined && !process.env.CI;
  describe.skipIf(absent)(
    `Postgres ${version} of ${from}${absent ? ' (is not here, so not tested)' : ''}`,
    () => {
      let server: LoggedPostgres;
      beforeAll(async () => {
        if (native === undefined) throw new Error(`Postgres ${version} of ${from} is not here`);
        server = await startLoggedPostgres(native);
        await expectVersion(server, version);
        await run(server.url, "CREATE ROLE cloud LOGIN CREATEDB CREATEROLE PASSWORD 'cloud'");
        await run(server.url, 'CREATE EXTENSION pg_stat_statements');
      });
      afterAll(() => server?.stop());

      const asRole = ({ database, postgresRole, password }: DesiredMetadataStore): Connection =>
        parseConnection(server.urlOf(postgresRole, password, database), {});
      const superuser = (database = 'postgres'): string => server.urlOf('postgres', 'admin', database);

      describe.each(['postgres', 'cloud'])('with the admin %s', (user) => {
        const adminPassword = user === 'cloud' ? 'cloud' : 'admin';
        const admin = (): Connection => parseConnection(server.urlOf(user, adminPassword), {});
        const ensure = (store: DesiredMetadataStore): Promise<string[]> => ensureStore(admin(), store);
        const retire = (store: DesiredMetadataStore, policy: 'retain' | 'delete'): Promise<string[]> =>
          retireStore({ connection: admin(), password: adminPassword }, store, policy);
        const writesSince = (mark: number): string[] =>
          server
            .log()
            .slice(mark)
            .split('\n')
            .filter((line) =>
              /(statement|execute [^:]*): *(CREATE|ALTER|GRANT|REVOKE|DROP|INSERT|UPDATE)/.test(line),
            );

        test('makes the store, and then has nothing to do and writes nothing', async () => {
          const store = newStore();
          const grant = user === 'cloud' ? ['grantRoleToAdmin'] : [];
          const first = await ensure(store);
          expect(first).toEqual([
            'createRole',
            ...grant,
            'createDatabase',
            'revokePublicConnect',
            'setSchemaOwner',
          ]);
          expect(server.log()).toContain(`CREATE DATABASE "${store.database}"`);
          const mark = server.log().length;
          expect(await ensure(store)).toEqual([]);
          expect(server.log().length).toBeGreaterThan(mark);
          expect(writesSince(mark)).toEqual([]);
        });

        test('gives the role all that the migration needs, and no more', async () => {
          const store = newStore();
          await ensure(store);
          await verifyStore(asRole(store));
          await withClient(asRole(store), async (client) => {
            for (const extension of neededExtensions) await client.query(`CREATE EXTENSION "${extension}"`);
            await client.query('CREATE TABLE t (a text); CREATE SCHEMA s; CREATE TEMPORARY TABLE u (a text)');
            const { rows } = await client.query(
              `SELECT pg_get_userbyid(datdba) AS owner, pg_encoding_to_char(encoding) AS encoding, datcollate,
              datlocprovider AS p,
              (SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'public') AS schema,
              lower('ÄÖ') AS lower
              FROM pg_database WHERE datname = current_database()`,
            );
            const provider = version >= 17 ? 'b' : 'c';
            expect(rows).toEqual([
              {
                owner: store.postgresRole,
                encoding: 'UTF8',
                datcollate: 'C',
                p: provider,
                schema: store.postgresRole,
                lower: 'äö',
              },
            ]);
            await expect(client.query('CREATE ROLE x')).rejects.toThrow('permission denied');
            await expect(client.query('CREATE DATABASE x')).rejects.toThrow('permission denied');
          });
        });

        test("one org's role cannot connect to another org's database", async () => {
          const [one, other] = [newStore(), newStore()];
          await ensure(one);
          await ensure(other);
          await expect(
            withClient(asRole({ ...one, database: other.database }), async () => undefined),
          ).rejects.toThrow(expect.objectContaining({ cause: expect.objectContaining({ code: '42501' }) }));
        });

        test('retires a store that another admin made: retained, it comes back; deleted, it is gone', async () => {
          const store = newStore();
          await ensureStore(parseConnection(server.url, {}), store);
          const name = `"${store.database}"`;
          if (user === 'cloud' && version >= 16) {
            const refused = await retire(store, 'retain').catch((error: unknown) => error);
            expect(refused).toBeInstanceOf(PermanentError);
            expect(String(refused)).toMatch(/disableLogin.*that role WITH ADMIN OPTION/);
            await run(superuser(), `GRANT ${name} TO cloud WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`);
          }
          const session = new pg.Client(server.urlOf(store.postgresRole, store.password, store.database));
          const ended = new Promise((resolve) => session.on('error', resolve));
          await session.connect();
          const grant = user === 'cloud' ? ['grantRoleToAdmin'] : [];
          expect(await retire(store, 'retain')).toEqual(['disableLogin', ...grant, 'endConnections']);
          await ended;
          await expect(verifyStore(asRole(store))).rejects.toThrow('while connecting to');
          expect(await retire(store, 'retain')).toEqual([]);
          expect(await ensure(store)).toEqual(['enableLogin', 'setPassword']);
          expect(await retire(store, 'delete')).toEqual(['disableLogin', 'dropDatabase', 'dropRole']);
          await withClient(admin(), async (client) => {
            const names = `SELECT datname FROM pg_database UNION ALL SELECT rolname FROM pg_roles`;
            const { rows } = await client.query(`SELECT FROM (${names}) AS all_names (n) WHERE n = $1`, [
              store.database,
            ]);
            expect(rows).toEqual([]);
          });
          expect(await retire(store, 'delete')).toEqual([]);
        });

        // What a superuser does is the same in every version.
        if (user === 'postgres' && version < 18) return;

        test('makes the role agree with every password', async () => {
          const store = newStore();
          await ensure(store);
          let before = store;
          for (const password of [everyPrintable, '{"1":2}']) {
            const changed = { ...store, password };
            expect(await ensure(changed), password).toEqual(['setPassword']);
            await verifyStore(asRole(changed));
            await expect(verifyStore(asRole(before))).rejects.toThrow('while connecting to');
            before = changed;
          }
          expect(await ensure(before)).toEqual([]);
        });

        test('works with names that are hostile to SQL', async () => {
          const hostile = `a"; DROP ROLE "cloud'$1 \\${serial}`;
          const store = { ...newStore(), database: hostile, postgresRole: `${hostile} role` };
          expect(await ensure(store)).toContain('setSchemaOwner');
          expect(await ensure(store)).toEqual([]);
          await verifyStore(asRole(store));
        });

        test('repairs what was changed, and only that', async () => {
          const store = newStore();
          await ensure(store);
          const name = `"${store.database}"`;
          const drifts: [string, string, string[]][] = [
            ['postgres', `ALTER ROLE ${name} NOLOGIN`, ['enableLogin', 'setPassword']],
            ['postgres', `ALTER ROLE ${name} VALID UNTIL '2020-01-01'`, ['enableLogin', 'setPassword']],
            ['postgres', `GRANT CONNECT ON DATABASE ${name} TO PUBLIC`, ['revokePublicConnect']],
            ['postgres', `GRANT TEMPORARY ON DATABASE ${name} TO PUBLIC`, ['revokePublicConnect']],
            ['postgres', `ALTER DATABASE ${name} OWNER TO ${user}`, ['setDatabaseOwner']],
            [store.database, `ALTER SCHEMA public OWNER TO ${user}`, ['setSchemaOwner']],
            [store.database, 'DROP SCHEMA public', ['createSchema']],
          ];
          for (const [database, drift, repairs] of drifts) {
            await run(superuser(database), drift);
            expect(await ensure(store), drift).toEqual(repairs);
          }
          expect(await ensure(store)).toEqual([]);
          await verifyStore(asRole(store));
        });

        test('refuses what belongs to others, and changes nothing of it', async () => {
          const refused = async (prepare: (name: string) => string[], message: string): Promise<void> => {
            const store = newStore();
            for (const sql of prepare(`"${store.database}"`)) await run(superuser(), sql);
            const mark = server.log().length;
            const error = await ensure(store).catch((caught: unknown) => caught);
            expect(error).toBeInstanceOf(PermanentError);
            expect(String(error)).toContain(message);
            expect(writesSince(mark)).toEqual([]);
          };
          await run(superuser(), `CREATE ROLE stranger_to_${user}`);
          await refused(
            (name) => [`CREATE DATABASE ${name} OWNER stranger_to_${user}`],
            `found owner stranger_to_${user}`,
          );
          await refused(
            (name) => [`CREATE DATABASE ${name} OWNER ${user} ENCODING 'SQL_ASCII' TEMPLATE template0`],
            'to have the encoding UTF8, and found SQL_ASCII',
          );
          await refused((name) => [`CREATE ROLE ${name} CREATEDB LOGIN`], 'and found CREATEDB');
          const made = (name: string) => `CREATE DATABASE ${name} OWNER ${user}`;
          await refused(
            (name) => [made(name), `ALTER DATABASE ${name} ALLOW_CONNECTIONS false`],
            'allows no connections; run: ALTER DATABASE',
          );
          await refused(
            (name) => [
              made(name),
              `UPDATE pg_database SET datconnlimit = -2 WHERE datname = '${name.replaceAll('"', '')}'`,
            ],
            'is invalid, because DROP DATABASE was interrupted',
          );
          const store = newStore();
          await run(superuser(), `CREATE DATABASE "${store.database}" OWNER ${user}`);
          await run(superuser(store.database), 'CREATE TABLE precious ()');
          await expect(ensure(store)).rejects.toThrow('with tables of other roles in it');
        });

        test('converges when several runs make the same store at once, though no lock keeps them apart', async () => {
          const store = newStore();
          const runs = await Promise.all([1, 2, 3].map(() => ensure(store)));
          expect(runs.flat().filter((kind) => kind === 'createDatabase')).toHaveLength(1);
          expect(await ensure(store)).toEqual([]);
          await verifyStore(asRole(store));
        });

        test('knows whether a catalog lives in the database', async () => {
          const store = newStore();
          await ensure(store);
          const holdsTables = (as: Connection) =>
            withClient(as, async (client) => (await observeInside(client, store.postgresRole)).holdsTables);
          await withClient(asRole(store), (client) =>
            client.query('CREATE EXTENSION pgcrypto; CREATE EXTENSION pg_trgm'),
          );
          await run(superuser(store.database), 'CREATE EXTENSION pg_stat_statements');
          expect(await holdsTables(asRole(store))).toBe(false);
          await withClient(asRole(store), (client) => client.query('CREATE TABLE _sqlx_migrations ()'));
          expect(await holdsTables(admin().to(store.database))).toBe(true);
          expect(await holdsTables(asRole(store))).toBe(true);
          // Tables of extensions are nobody's precious ones.
          expect(await ensure(store)).toEqual([]);
        });

        test('makes a member of the admin before it looks inside of a database that another admin made', async () => {
          const store = newStore();
          await ensureStore(parseConnection(server.url, {}), store);
          const name = `"${store.database}"`;
          await run(superuser(), `GRANT ${name} TO cloud WITH ADMIN OPTION`);
          if (version >= 16) await run(superuser(), `GRANT ${name} TO cloud WITH INHERIT FALSE, SET FALSE`);
          expect(await ensure(store)).toEqual([]);
          // The role does not log in, so that the admin has to look.
          const changed = { ...store, password: newSecret() };
          const isMember = user === 'postgres' || version < 16;
          expect(await ensure(changed)).toEqual([...(isMember ? [] : ['grantRoleToAdmin']), 'setPassword']);
          expect(await ensure(changed)).toEqual([]);
        });
      });

      test('says what an admin lacks', async () => {
        const store = newStore();
        await run(superuser(), "CREATE ROLE weak LOGIN PASSWORD 'weak'");
        const weak = parseConnection(server.urlOf('weak', 'weak'), {});
        await expect(ensureStore(weak, store)).rejects.toThrow(/createRole.*the admin lacks a right/);
        await expect(ensureStore(weak, store)).rejects.toBeInstanceOf(PermanentError);
      });

      test('proves credentials that others provide, and says what is missing', async () => {
        const store = newStore();
        const name = `"${store.database}"`;
        await run(superuser(), `CREATE ROLE ${name} LOGIN PASSWORD '${store.password}'`);
        await run(superuser(), `CREATE DATABASE ${name}`);
        // What the message says is what mends it.
        const mended = async (message: string) => {
          const error: unknown = await verifyStore(asRole(store)).catch((reason: unknown) => reason);
          expect(error).toBeInstanceOf(PermanentError);
          expect(String(error)).toContain(message);
          const [, sql = ''] = /run: (.*)$/s.exec(String(error)) ?? [];
          await run(superuser(store.database), sql);
        };
        await mended('may not create tables in the schema public');
        await mended(
          'may not create the extensions that are missing (btree_gin, btree_gist, pg_trgm, pgcrypto, uuid-ossp)',
        );
        await verifyStore(asRole(store));
      });

      test('the password is nowhere in the log or the statistics of statements', async () => {
        const store = newStore();
        const admin = parseConnection(server.url, {});
        await ensureStore(admin, store);
        const changed = { ...store, password: newSecret() };
        await ensureStore(admin, changed);
        await withClient(admin, (client) =>
          applyActions(client, admin, changed, [{ kind: 'setPassword', postgresRole: store.postgresRole }]),
        );
        const statements = await withClient(admin, async (client) => {
          const { rows } = await client.query<{ query: string }>('SELECT query FROM pg_stat_statements');
          return rows.map(({ query }) => query).join('\n');
        });
        for (const text of [server.log(), statements]) {
          expect(text).toContain(`CREATE DATABASE "${store.database}"`);
          expect(text).toContain(`ALTER ROLE "${store.postgresRole}" PASSWORD `);
          for (const { password } of [store, changed]) expect(text.includes(password)).toBe(false);
        }
      });
    },
  );
}

async function expectVersion({ url }: LoggedPostgres, version: number): Promise<void> {
  await withClient(parseConnection(url, {}), async (client) => {
    const { rows } = await client.query('SHOW server_version_num');
    expect(rows[0].server_version_num).toMatch(new RegExp(`^${version}`));
  });
}

async function run(url: string, sql: string): Promise<void> {
  await withClient(parseConnection(url, {}), (client) => client.query(sql));
}
