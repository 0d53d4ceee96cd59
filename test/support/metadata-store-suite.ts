import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Connection, parseConnection } from '../../src/clients/postgres/connection.ts';
import { withClient } from '../../src/clients/postgres/postgres-client.ts';
import {
  applyMetadataStoreAction,
  ensureMetadataStore,
} from '../../src/registration/metadata-store/apply.ts';
import { holdsCatalog } from '../../src/registration/metadata-store/observe.ts';
import type { DesiredMetadataStore } from '../../src/registration/metadata-store/plan.ts';
import { neededExtensions, proveLogin } from '../../src/registration/metadata-store/verify-login.ts';
import { newSecret } from '../../src/registration/random-secret.ts';
import { PermanentError } from '../../src/text/errors.ts';
import { type LoggedPostgres, startLoggedPostgres } from './logged-postgres.ts';
import { nativeDirectoryOf, type PostgresVersion } from './postgres-versions.ts';

const everyPrintable = String.fromCharCode(...Array.from({ length: 95 }, (_, index) => 32 + index));
const held = { assertHeld: async () => undefined };

let serial = 0;
function newStore(): DesiredMetadataStore {
  const database = `lakekeeper_org_${++serial}`;
  return { database, postgresRole: database, password: newSecret() };
}

/**
 * What must hold on every version of Postgres. A test file for each version calls it, so that they run side by side.
 *
 * @param programs where the server's programs come from, and their directory; undefined when it is not there, which fails in CI.
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
        const admin = (): Connection =>
          parseConnection(server.urlOf(user, user === 'cloud' ? 'cloud' : 'admin'), {});
        const ensure = async (store: DesiredMetadataStore): Promise<string[]> =>
          (await ensureMetadataStore(admin(), store, held)).map(({ kind }) => kind);
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
          const grant = user === 'cloud' ? ['letAdminActAsRole'] : [];
          const first = await ensure(store);
          expect(first).toEqual(['createRole', ...grant, 'createDatabase', 'closeToPublic', 'giveSchema']);
          expect(server.log()).toContain(`CREATE DATABASE "${store.database}"`);
          const mark = server.log().length;
          expect(await ensure(store)).toEqual([]);
          expect(server.log().length).toBeGreaterThan(mark);
          expect(writesSince(mark)).toEqual([]);
        });

        test('gives the role all that the migration needs, and no more', async () => {
          const store = newStore();
          await ensure(store);
          await proveLogin(asRole(store));
          await withClient(asRole(store), async (client) => {
            for (const extension of neededExtensions) await client.query(`CREATE EXTENSION "${extension}"`);
            await client.query('CREATE TABLE t (a text); CREATE SCHEMA s; CREATE TEMPORARY TABLE u (a text)');
            const { rows } = await client.query(
              `SELECT pg_get_userbyid(datdba) AS owner, pg_encoding_to_char(encoding) AS encoding, datcollate, datlocprovider AS p,
              (SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'public') AS schema, lower('ÄÖ') AS lower
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

        // What a superuser does is the same in every version.
        if (user === 'postgres' && version < 18) return;

        test('makes the role agree with every password', async () => {
          const store = newStore();
          await ensure(store);
          let before = store;
          for (const password of [everyPrintable, 'ﬁ Å', '{"1":2}']) {
            const changed = { ...store, password };
            expect(await ensure(changed), password).toEqual(['setPassword']);
            await proveLogin(asRole(changed));
            await expect(proveLogin(asRole(before))).rejects.toThrow(PermanentError);
            before = changed;
          }
          expect(await ensure(before)).toEqual([]);
        });

        test('works with names that are hostile to SQL', async () => {
          const hostile = `a"; DROP ROLE "cloud'$1 \\${serial}`;
          const store = { ...newStore(), database: hostile, postgresRole: `${hostile} role` };
          expect(await ensure(store)).toContain('giveSchema');
          expect(await ensure(store)).toEqual([]);
          await proveLogin(asRole(store));
        });

        test('repairs what was changed, and only that', async () => {
          const store = newStore();
          await ensure(store);
          const name = `"${store.database}"`;
          const drifts: [string, string, string[]][] = [
            [
              'postgres',
              `ALTER ROLE ${name} NOLOGIN`,
              user === 'cloud' ? ['letRoleLogIn', 'setPassword'] : ['letRoleLogIn'],
            ],
            [
              'postgres',
              `ALTER ROLE ${name} VALID UNTIL '2020-01-01'`,
              user === 'cloud' ? ['letRoleLogIn', 'setPassword'] : ['letRoleLogIn'],
            ],
            ['postgres', `GRANT CONNECT ON DATABASE ${name} TO PUBLIC`, ['closeToPublic']],
            ['postgres', `GRANT TEMPORARY ON DATABASE ${name} TO PUBLIC`, ['closeToPublic']],
            ['postgres', `ALTER DATABASE ${name} OWNER TO ${user}`, ['giveDatabase']],
            [store.database, `ALTER SCHEMA public OWNER TO ${user}`, ['giveSchema']],
            [store.database, 'DROP SCHEMA public', ['createSchema']],
          ];
          for (const [database, drift, repairs] of drifts) {
            await run(superuser(database), drift);
            expect(await ensure(store), drift).toEqual(repairs);
          }
          expect(await ensure(store)).toEqual([]);
          await proveLogin(asRole(store));
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
          await proveLogin(asRole(store));
        });

        test('does nothing once the lock is lost', async () => {
          const store = newStore();
          const lost = { assertHeld: () => Promise.reject(new Error('the lock is lost')) };
          await expect(ensureMetadataStore(admin(), store, lost)).rejects.toThrow('the lock is lost');
          expect(server.log()).not.toContain(`CREATE ROLE "${store.postgresRole}"`);
        });

        test('knows whether a catalog lives in the database', async () => {
          const store = newStore();
          expect(await holdsCatalog(admin(), store.database)).toBe(false);
          await ensure(store);
          await withClient(asRole(store), (client) =>
            client.query('CREATE EXTENSION pgcrypto; CREATE EXTENSION pg_trgm'),
          );
          expect(await holdsCatalog(admin(), store.database)).toBe(false);
          await withClient(asRole(store), (client) => client.query('CREATE TABLE _sqlx_migrations ()'));
          expect(await holdsCatalog(admin(), store.database)).toBe(true);
          expect(await holdsCatalog(asRole(store), store.database)).toBe(true);
        });
      });

      test('says what an admin lacks', async () => {
        const store = newStore();
        await run(superuser(), "CREATE ROLE weak LOGIN PASSWORD 'weak'");
        const weak = parseConnection(server.urlOf('weak', 'weak'), {});
        await expect(ensureMetadataStore(weak, store, held)).rejects.toThrow(
          /createRole.*the admin lacks a right/,
        );
        await expect(ensureMetadataStore(weak, store, held)).rejects.toBeInstanceOf(PermanentError);
      });

      test('proves credentials that others provide, and says what is missing', async () => {
        const store = newStore();
        const name = `"${store.database}"`;
        await run(superuser(), `CREATE ROLE ${name} LOGIN PASSWORD '${store.password}'`);
        await expect(proveLogin(asRole(store))).rejects.toThrow("does not accept the catalog's credentials");
        await run(superuser(), `CREATE DATABASE ${name}`);
        await expect(proveLogin(asRole(store))).rejects.toThrow('may not create tables in the schema public');
        await run(superuser(store.database), `GRANT CREATE ON SCHEMA public TO ${name}`);
        await expect(proveLogin(asRole(store))).rejects.toThrow(
          'extensions that are missing (uuid-ossp, pgcrypto',
        );
        for (const extension of neededExtensions)
          await run(superuser(store.database), `CREATE EXTENSION "${extension}"`);
        await proveLogin(asRole(store));
      });

      test('the password is nowhere in the log or the statistics of statements', async () => {
        const store = newStore();
        const admin = parseConnection(server.url, {});
        await ensureMetadataStore(admin, store, held);
        const changed = { ...store, password: newSecret() };
        await ensureMetadataStore(admin, changed, held);
        await withClient(admin, (client) =>
          applyMetadataStoreAction(client, admin, changed, {
            kind: 'setPassword',
            postgresRole: store.postgresRole,
          }),
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
