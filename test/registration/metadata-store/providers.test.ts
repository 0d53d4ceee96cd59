import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { registrationInputs } from '../../../src/catalog/registration-inputs.ts';
import { type Connection, parseConnection } from '../../../src/clients/postgres/connection.ts';
import { withClient } from '../../../src/clients/postgres/postgres-client.ts';
import { sqlstateOf } from '../../../src/clients/postgres/sqlstates.ts';
import {
  type DesiredMetadataStore,
  neededExtensions,
} from '../../../src/registration/metadata-store/metadata-store.ts';
import { withSession } from '../../../src/registration/metadata-store/session.ts';
import { newSecret } from '../../../src/registration/random-secret.ts';
import { explain, PermanentError } from '../../../src/text/errors.ts';
import { parseYaml } from '../../../src/text/yaml-reader.ts';
import { createAuthority } from '../../support/certificates.ts';
import { type EmbeddedPostgres, startPostgres } from '../../support/embedded-postgres.ts';
import { ensureStore, verifyStore } from '../../support/ensure-store.ts';
import { catalog, platform, type SettingsOverrides } from '../../support/fleet.ts';
import { type ProviderRule, startProvider } from '../../support/provider-postgres.ts';

/** The recipes of docs/metadata-stores.md, on a real Postgres that is shaped like the provider's. */

const document = readFileSync('docs/metadata-stores.md', 'utf8');
const recipe = (language: 'sql' | 'yaml', name: string): string => {
  const [, text] =
    new RegExp(`^\`\`\`${language}\n(?:--|#) recipe: ${name}\n(.*?)^\`\`\`$`, 'ms').exec(document) ?? [];
  if (text === undefined) throw new Error(`docs/metadata-stores.md has no ${language} for ${name}`);
  return text.replaceAll(/change-me[a-z-]*/g, 'admin');
};

// As the file of RDS: the authority of this region is the last of more than a hundred.
const authority = createAuthority('the authority of this region');
const bundle = [
  ...Array.from({ length: 120 }, (_, i) => createAuthority(`authority ${i}`).cert),
  authority.cert,
].join('');
let home: string;
/** Does TLS only, as RDS and Azure do; its certificate names localhost, and not 127.0.0.1. */
let server: EmbeddedPostgres;

beforeAll(async () => {
  home = mkdtempSync('/tmp/providers-');
  writeFileSync(join(home, 'bundle.pem'), bundle);
  server = await startPostgres({
    tls: authority.issue('server', ['localhost']),
    hba: ['hostnossl all all all reject'],
    authMethod: 'md5',
    settings: { password_encryption: 'md5' },
  });
  await asSuperuser(
    'CREATE ROLE rds_superuser NOLOGIN CREATEDB CREATEROLE',
    'CREATE ROLE azure_pg_admin NOLOGIN CREATEDB CREATEROLE',
    'CREATE ROLE cloudsqlsuperuser NOLOGIN CREATEDB CREATEROLE',
    'CREATE ROLE neon_superuser NOLOGIN CREATEDB CREATEROLE',
    // Whom the provider gives to its users: no superuser.
    "CREATE ROLE master LOGIN CREATEDB CREATEROLE PASSWORD 'master'",
    'GRANT rds_superuser, azure_pg_admin, cloudsqlsuperuser, neon_superuser TO master WITH ADMIN OPTION',
  );
});
afterAll(async () => {
  await server?.stop();
  rmSync(home, { recursive: true });
});

const connect = (
  user: string,
  password: string,
  database = 'postgres',
  parameters: NodeJS.ProcessEnv = {},
): Connection =>
  parseConnection(undefined, {
    PGHOST: 'localhost',
    PGPORT: String(server.port),
    PGUSER: user,
    PGPASSWORD: password,
    PGDATABASE: database,
    PGSSLMODE: 'verify-full',
    PGSSLROOTCERT: join(home, 'bundle.pem'),
    ...parameters,
  });

async function run(connection: Connection, ...statements: readonly string[]): Promise<void> {
  await withClient(connection, async (client) => {
    for (const statement of statements) await client.query(statement);
  });
}
const asSuperuser = (...statements: readonly string[]) =>
  run(connect('postgres', server.password), ...statements);
/** The statements of a recipe, as the provider's own administrator. */
const asMaster = (sql: string) =>
  run(connect('master', 'master'), ...sql.split(/;\s*/).filter((one) => one.trim() !== ''));

let serial = 0;
function newStore(more: Partial<DesiredMetadataStore> = {}): DesiredMetadataStore {
  const database = `lakekeeper_provider_${++serial}`;
  return { database, postgresRole: database, password: newSecret(), ...more };
}

/** Runs `work` with the admin that a recipe creates. */
async function withAdmin(name: string, work: (admin: Connection) => Promise<void>): Promise<void> {
  await asMaster(recipe('sql', name));
  try {
    await work(connect('lakekeeper_admin', 'admin'));
  } finally {
    await asSuperuser(`ALTER ROLE lakekeeper_admin RENAME TO lakekeeper_admin_${++serial}`);
  }
}

/** Runs `work` with a provider's port, in front of the server that `socket` is of. */
async function withProvider(
  { socketDirectory, port }: EmbeddedPostgres,
  rule: ProviderRule,
  work: (port: string) => Promise<void>,
): Promise<void> {
  const upstream = { path: `${socketDirectory}/.s.PGSQL.${port}` };
  await using provider = await startProvider(upstream, authority.issue('provider', ['localhost']), rule);
  await work(String(provider.port));
}

async function expectCatalogRuns(store: DesiredMetadataStore): Promise<void> {
  const asRole = connect(store.postgresRole, store.password, store.database);
  await verifyStore(asRole);
  await run(
    asRole,
    ...neededExtensions.map((extension) => `CREATE EXTENSION IF NOT EXISTS "${extension}"`),
    'CREATE TABLE IF NOT EXISTS t (a text)',
  );
}

describe('the settings of each recipe are settings, and reach the Job', () => {
  test.each(['rds', 'azure', 'cloudsql', 'cloudnativepg', 'neon'])('%s', (name) => {
    const settings = platform(parseYaml('recipe', recipe('yaml', name)) as SettingsOverrides);
    const [kind = ''] = Object.keys(settings.metadataStores).filter((key) =>
      recipe('yaml', name).includes(`${key}:`),
    );
    const { metadataStore } = registrationInputs(
      catalog('acme', settings, { metadata_store_kind: kind, metadata_store_endpoint: 'db.example.com' }),
      settings,
    );
    const isNeon = name === 'neon' ? 'plain' : undefined;
    expect(metadataStore).toMatchObject({ sslRootCertSecret: { name: 'postgres-ca', key: 'ca.crt' } });
    expect('passwords' in metadataStore ? metadataStore.passwords : undefined).toBe(isNeon);
  });
});

test('RDS: no superuser, short time limits, TLS by the last of many certificates, md5', async () => {
  await withAdmin('rds', async (admin) => {
    await asSuperuser(
      "ALTER ROLE lakekeeper_admin SET statement_timeout = '5s'",
      "ALTER ROLE lakekeeper_admin SET lock_timeout = '5s'",
      "ALTER ROLE lakekeeper_admin SET idle_session_timeout = '5s'",
      'ALTER ROLE lakekeeper_admin SET default_transaction_read_only = on',
    );
    const names = [
      'statement_timeout',
      'lock_timeout',
      'idle_session_timeout',
      'default_transaction_read_only',
    ];
    const setting = `array[${names.map((name) => `current_setting('${name}')`).join(', ')}]`;
    expect(await withSession(admin, setting, async (_, value) => value)).toEqual(['0', '0', '0', 'off']);
    const store = newStore();
    expect(await ensureStore(admin, store)).toContain('createDatabase');
    expect(await ensureStore(admin, store)).toEqual([]);
    await expectCatalogRuns(store);
    const { rows } = await withClient(connect('postgres', server.password), (client) =>
      client.query('SELECT left(rolpassword, 5) AS form FROM pg_authid WHERE rolname = $1', [
        store.postgresRole,
      ]),
    );
    expect(rows).toEqual([{ form: 'SCRAM' }]);
    const plain = connect('lakekeeper_admin', 'admin', 'postgres', {
      PGSSLMODE: 'disable',
      PGSSLROOTCERT: '',
    });
    await expect(ensureStore(plain, store)).rejects.toThrow(/while connecting to/);
  });
});

test('Aurora: the reader endpoint is retried and changes nothing, the writer endpoint registers', async () => {
  await withAdmin('rds', async (admin) => {
    const store = newStore();
    await server.restart({ isStandby: true });
    try {
      const refusal = await ensureStore(admin, store).catch((error: unknown) => error);
      expect(sqlstateOf(refusal)).toBe('25006');
      expect(refusal).not.toBeInstanceOf(PermanentError);
    } finally {
      await server.restart();
    }
    expect(await ensureStore(admin, store)).toContain('createDatabase');
    await expectCatalogRuns(store);
  });
});

test('Cloud SQL: a certificate without the name of the host, by verify-ca', async () => {
  await withAdmin('cloudsql', async () => {
    const at = (PGSSLMODE: string) =>
      connect('lakekeeper_admin', 'admin', 'postgres', { PGHOST: '127.0.0.1', PGSSLMODE });
    const store = newStore();
    await expect(ensureStore(at('verify-full'), store)).rejects.toThrow(/certificate is not accepted/);
    expect(await ensureStore(at('verify-ca'), store)).toContain('createDatabase');
    await expectCatalogRuns(store);
  });
});

test('CloudNativePG: what another operator made is enough, by the owner of the database alone', async () => {
  const statements = recipe('sql', 'cloudnativepg');
  await asSuperuser(...statements.split(/;\s*/).filter((one) => one.trim() !== ''));
  await expectCatalogRuns({
    database: 'lakekeeper_acme',
    postgresRole: 'lakekeeper_acme',
    password: 'admin',
  });
});

/** What Neon's control plane and the extension credcheck answer to a SCRAM verifier. */
const refusals = [
  {
    code: 'XX000',
    message:
      'Received HTTP code 400 from control plane: {"error":"Neon only supports being given plaintext passwords"}',
  },
  { code: '22023', message: 'password type is not a plain text' },
] as const;

describe('Neon, and servers that take no SCRAM verifier', () => {
  const withRefusals = (refusal: (typeof refusals)[number], work: (PGPORT: string) => Promise<void>) =>
    withProvider(
      server,
      async (sql) => (sql.includes("'SCRAM-SHA-256$") ? refusal : undefined),
      (PGPORT) => withAdmin('neon', () => work(PGPORT)),
    );
  const adminAt = (parameters: NodeJS.ProcessEnv) =>
    connect('lakekeeper_admin', 'admin', 'postgres', parameters);

  test.each(refusals)('refuse it with $code, and the error names both remedies', (refusal) =>
    withRefusals(refusal, async (PGPORT) => {
      const refused = ensureStore(adminAt({ PGPORT }), newStore());
      await expect(refused).rejects.toBeInstanceOf(PermanentError);
      await expect(refused).rejects.toThrow(
        /passwords: plain with sslMode: verify-full.*provisioning: preProvisioned/,
      );
    }),
  );

  test('get plain passwords, over verified TLS only', () =>
    withRefusals(refusals[0], async (PGPORT) => {
      const plain = newStore({ passwords: 'plain' });
      for (const PGSSLMODE of ['require', 'verify-ca']) {
        const unsafe = ensureStore(adminAt({ PGPORT, PGSSLMODE }), plain);
        await expect(unsafe).rejects.toBeInstanceOf(PermanentError);
        await expect(unsafe).rejects.toThrow(`passwords: plain needs sslMode verify-full`);
        await expect(unsafe).rejects.not.toThrow(plain.password);
      }
      expect(await ensureStore(adminAt({ PGPORT }), plain)).toContain('createDatabase');
      await expectCatalogRuns(plain);
      const other = { ...plain, password: `it's ${newSecret()}` };
      expect(await ensureStore(adminAt({ PGPORT }), other)).toEqual(['setPassword']);
      await expectCatalogRuns(other);
    }));

  test.each(['disable', 'require', 'verify-ca'] as const)(
    'settings with sslMode %s are refused',
    (sslMode) => {
      const admin = { password: { secret: { name: 'a', key: 'b' } } };
      const external = { provisioning: 'admin', passwords: 'plain', sslMode, admin } as const;
      expect(() => platform({ metadataStores: { external } })).toThrow(
        /metadataStores\.external\.passwords: is plain, which needs sslMode verify-full/,
      );
    },
  );
});

describe('Azure: extensions that are not trusted', () => {
  let azure: EmbeddedPostgres;
  let extensions: string;
  const at = (user: string, password: string): Connection =>
    parseConnection(azure.url.replace(/\/\/[^@]*@/, `//${user}:${password}@`), {});

  beforeAll(async () => {
    const { rows } = await withClient(connect('postgres', server.password), (client) =>
      client.query<{ setting: string }>("SELECT setting FROM pg_config WHERE name = 'SHAREDIR'"),
    );
    const from = join(rows[0]?.setting ?? '', 'extension');
    extensions = mkdtempSync('/tmp/azure-');
    // The server runs as another user.
    chmodSync(extensions, 0o755);
    mkdirSync(join(extensions, 'extension'));
    for (const file of readdirSync(from).filter((name) =>
      neededExtensions.some((one) => name.startsWith(one)),
    )) {
      const to = join(extensions, 'extension', file);
      copyFileSync(join(from, file), to);
      if (file.endsWith('.control'))
        writeFileSync(to, readFileSync(to, 'utf8').replace(/^trusted = true/m, 'trusted = false'));
    }
    azure = await startPostgres({ settings: { extension_control_path: `${extensions}:$system` } });
  });
  afterAll(async () => {
    await azure?.stop();
    rmSync(extensions, { recursive: true, force: true });
  });

  /** Azure lets members of azure_pg_admin create the extensions that `azure.extensions` lists. */
  const listed = new Set(neededExtensions);
  const rule: ProviderRule = async (sql, { user, database }) => {
    const [, extension = ''] = /^CREATE EXTENSION IF NOT EXISTS "([^"]+)"/.exec(sql) ?? [];
    if (extension === '') return undefined;
    if (!listed.has(extension))
      return { code: '0A000', message: `extension "${extension}" is not allow-listed for users in Azure` };
    const superuser = at('postgres', azure.password);
    const { rows } = await withClient(superuser, (client) =>
      client.query('SELECT FROM pg_roles WHERE rolname = $1 AND pg_has_role(oid, $2, $3)', [
        user,
        'azure_pg_admin',
        'MEMBER',
      ]),
    );
    if (rows.length === 0) return undefined;
    await run(superuser.to(database), sql);
    return 'done';
  };

  /** Runs `work` with an admin as in the recipe, who is no superuser. */
  const withAzureAdmin = (work: (admin: Connection) => Promise<void>) =>
    withProvider(azure, rule, async (PGPORT) => {
      await run(
        at('postgres', azure.password),
        'DROP ROLE IF EXISTS azure_pg_admin',
        'CREATE ROLE azure_pg_admin NOLOGIN CREATEDB CREATEROLE',
        ...recipe('sql', 'azure').split(/;\s*/).filter(Boolean),
      );
      await work(connect('lakekeeper_admin', 'admin', 'postgres', { PGPORT }));
      await run(
        at('postgres', azure.password),
        `ALTER ROLE lakekeeper_admin RENAME TO lakekeeper_admin_${++serial}`,
      );
    });

  test('are created by the admin, a member of azure_pg_admin, before the catalog starts', async () => {
    await withAzureAdmin(async (admin) => {
      const store = newStore();
      const done = await ensureStore(admin, store);
      expect(done.filter((kind) => kind === 'createExtension')).toHaveLength(neededExtensions.length);
      const asRole = at(store.postgresRole, store.password).to(store.database);
      await verifyStore(asRole);
      expect(await ensureStore(admin, store)).toEqual([]);
    });
  });

  test('are told with the SQL that an administrator runs, to an admin that is not a member', async () => {
    await withAzureAdmin(async (admin) => {
      await run(at('postgres', azure.password), 'REVOKE azure_pg_admin FROM lakekeeper_admin');
      const refusal = await ensureStore(admin, newStore()).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(PermanentError);
      expect(String(refusal)).toMatch(/azure_pg_admin.*CREATE EXTENSION IF NOT EXISTS "btree_gin"/);
    });
  });

  test('that azure.extensions does not list are an error that a retry cannot help', async () => {
    listed.delete('pg_trgm');
    try {
      await withAzureAdmin(async (admin) => {
        const refusal = await ensureStore(admin, newStore()).catch((error: unknown) => error);
        expect(refusal).toBeInstanceOf(PermanentError);
        expect(explain(refusal)).toMatch(/CREATE EXTENSION IF NOT EXISTS "pg_trgm".*not allow-listed/s);
      });
    } finally {
      listed.add('pg_trgm');
    }
  });
});
