import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { crc32 } from 'node:zlib';
import pg from 'pg';
import { type LakekeeperStandIn, startLakekeeper } from '../../support/lakekeeper-stand-in.ts';

/**
 * What the image `quay.io/lakekeeper/catalog` does in a pod, as far as registration meets it: `migrate` and `serve` log
 * in to Postgres with the variables that the real server reads (docs/facts/lakekeeper-crd.md §8), so that a wrong
 * Secret or database fails here as it does in life; then the stand-in from the registration tests answers. What it
 * remembers belongs to the database, not to the pod.
 */
export interface LakekeeperImage {
  /** @throws Error with what Postgres says. */
  migrate(environment: Environment): Promise<void>;
  /** @param reviewToken whether a token is good for one of the audiences: a TokenReview by the pod's own account. */
  serve(environment: Environment, version: string, reviewToken: ReviewToken): Promise<LakekeeperServer>;
  /** The server's memory, by the name of its database. */
  readonly standIns: ReadonlyMap<string, LakekeeperStandIn>;
  stop(): Promise<void>;
}

type Environment = Readonly<Record<string, string>>;
type ReviewToken = (token: string, audiences: readonly string[]) => Promise<boolean>;

export interface LakekeeperServer {
  readonly port: number;
  stop(): void;
}

export function lakekeeperImage(): LakekeeperImage {
  const standIns = new Map<string, LakekeeperStandIn>();
  const standInOf = async (environment: Environment, version: string) => {
    const database = environment.LAKEKEEPER__PG_DATABASE ?? '';
    const found = standIns.get(database) ?? (await startLakekeeper());
    standIns.set(database, found);
    const baseURI = environment.LAKEKEEPER__BASE_URI;
    found.settings = {
      version: version as '0.12.2',
      systemIdentities: environment.LAKEKEEPER__ENABLE_AWS_SYSTEM_CREDENTIALS === 'true' ? ['aws'] : [],
      ...(baseURI ? { baseURI: baseURI.replace(/\/$/, '') } : {}),
      ...(hasAuthentication(environment) ? { tokens: [] } : {}),
    };
    return found;
  };
  return {
    standIns,
    migrate: async (environment) =>
      withPostgres(environment, async (client) => {
        // As sqlx does, so that two migrations of a database never meet.
        await client.query('SELECT pg_advisory_lock($1)', [migrationLock(client.database ?? '')]);
        for (const extension of ['uuid-ossp', 'pgcrypto', 'pg_trgm', 'btree_gin', 'btree_gist'])
          await client.query(`CREATE EXTENSION IF NOT EXISTS "${extension}"`);
        await client.query('CREATE TABLE IF NOT EXISTS _sqlx_migrations (version bigint)');
      }),
    serve: async (environment, version, reviewToken) => {
      await withPostgres(environment, async (client) => {
        await client.query('SELECT version FROM _sqlx_migrations');
      });
      const standIn = await standInOf(environment, version);
      const audiences = (environment.LAKEKEEPER__KUBERNETES_AUTHENTICATION_AUDIENCE ?? '').split(',');
      const server = createServer((incoming, response) => {
        const forward = () => {
          const target = new URL(incoming.url ?? '/', standIn.url);
          const { method, headers } = incoming;
          const sent = request(target, { method, headers }, (answer) => {
            response.writeHead(answer.statusCode ?? 502, answer.headers);
            answer.pipe(response);
          });
          sent.on('error', () => response.destroy());
          incoming.pipe(sent);
        };
        const token = /^Bearer (.+)$/.exec(incoming.headers.authorization ?? '')?.[1];
        if (token === undefined || standIn.settings.tokens === undefined) return forward();
        void reviewToken(token, audiences).then((isGood) => {
          const { tokens = [] } = standIn.settings;
          if (isGood && !tokens.includes(token))
            standIn.settings = { ...standIn.settings, tokens: [...tokens, token] };
          forward();
        });
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return {
        port: (server.address() as AddressInfo).port,
        stop: () => {
          server.close();
          server.closeAllConnections();
        },
      };
    },
    stop: async () => {
      for (const standIn of standIns.values()) await standIn.stop();
    },
  };
}

/** Only what the server really reads: the operator's LAKEKEEPER__K8S_AUTH_ENABLED is not among it. */
function hasAuthentication(environment: Environment): boolean {
  return (
    environment.LAKEKEEPER__ENABLE_KUBERNETES_AUTHENTICATION === 'true' ||
    environment.LAKEKEEPER__OPENID_PROVIDER_URI !== undefined
  );
}

async function withPostgres(
  environment: Environment,
  work: (client: pg.Client) => Promise<void>,
): Promise<void> {
  const read = (name: string) => {
    const value = environment[`LAKEKEEPER__${name}`];
    if (!value) throw new Error(`LAKEKEEPER__${name} is not set`);
    return value;
  };
  // Lakekeeper does not start without it.
  read('PG_ENCRYPTION_KEY');
  const client = new pg.Client({
    host: read('PG_HOST_W'),
    port: Number(read('PG_PORT')),
    database: read('PG_DATABASE'),
    user: read('PG_USER'),
    password: read('PG_PASSWORD'),
    ssl: read('PG_SSL_MODE') === 'require' ? { rejectUnauthorized: false } : false,
  });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

/** The advisory lock that sqlx takes for the migrations of a database. */
function migrationLock(database: string): bigint {
  return 0x3d32ad9en * BigInt(crc32(database));
}

/** Makes every migration of a database wait, the real server's too, until what is returned is called. */
export async function holdMigrations(
  { url }: { readonly url: string },
  database: string,
): Promise<() => Promise<void>> {
  const at = new URL(url);
  at.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: at.href });
  await client.connect();
  await client.query('SELECT pg_advisory_lock($1)', [migrationLock(database)]);
  return () => client.end();
}
