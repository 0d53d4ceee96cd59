import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, request } from 'node:http';
import { get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose';
import pg from 'pg';
import { type LakekeeperStandIn, startLakekeeper } from '../../support/lakekeeper-stand-in.ts';
import type { Cluster } from './cluster.ts';
import { apiServerName } from './control-plane.ts';
import { environmentOf, type Pod, writeVolumes } from './pod.ts';
import type { Surroundings } from './pod-process.ts';

/**
 * What the image `quay.io/lakekeeper/catalog` does in a pod, as far as registration meets it: `migrate` and `serve` log
 * in to Postgres with the variables that the real server reads (docs/facts/lakekeeper-crd.md §8), so that a wrong
 * Secret or database fails here as it does in life; then the stand-in from the registration tests answers. What it
 * remembers belongs to the database, not to the pod.
 */
export interface LakekeeperStandInImage extends LakekeeperPrograms {
  /** The server's memory, by the name of its database. */
  readonly standIns: ReadonlyMap<string, LakekeeperStandIn>;
  /** Databases whose migration fails, and what it says. */
  readonly failingMigrations: Map<string, string>;
  stop(): Promise<void>;
}

/** The two programs of the image that a catalog's pods run. */
export interface LakekeeperPrograms {
  /** @throws Error with what it says; CreateContainerConfigError */
  migrate(pod: Pod, surroundings: Surroundings): Promise<void>;
  /** @returns the server, once it is ready. @throws Error with what it says; CreateContainerConfigError */
  serve(pod: Pod, surroundings: Surroundings): Promise<LakekeeperServer>;
}

type Environment = Readonly<Record<string, string>>;

export interface LakekeeperServer {
  readonly host: string;
  readonly port: number;
  /** Settles when it has ended, of itself or because it was stopped. */
  readonly ended: Promise<void>;
  stop(): void;
}

export function lakekeeperImage(): LakekeeperStandInImage {
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
  /** The database is new: another of its name was dropped. */
  const forget = async (database: string) => {
    await standIns.get(database)?.stop();
    standIns.delete(database);
  };
  const failingMigrations = new Map<string, string>();
  return {
    standIns,
    failingMigrations,
    migrate: async (pod, { cluster }) =>
      withPostgres(await environmentOf(pod, cluster), async (client) => {
        const failure = failingMigrations.get(client.database ?? '');
        if (failure !== undefined) throw new Error(failure);
        // As sqlx does, so that two migrations of a database never meet.
        await client.query('SELECT pg_advisory_lock($1)', [migrationLock(client.database ?? '')]);
        for (const extension of ['uuid-ossp', 'pgcrypto', 'pg_trgm', 'btree_gin', 'btree_gist'])
          await client.query(`CREATE EXTENSION IF NOT EXISTS "${extension}"`);
        const made = await client.query("SELECT FROM pg_class WHERE oid = to_regclass('_sqlx_migrations')");
        if (made.rowCount === 0) await forget(client.database ?? '');
        await client.query('CREATE TABLE IF NOT EXISTS _sqlx_migrations (version bigint)');
        await client.query('CREATE TABLE IF NOT EXISTS tabular (tabular_id uuid)');
      }),
    serve: async (pod, { cluster }) => {
      const environment = await environmentOf(pod, cluster);
      const version = /:v?([\d.]+)/.exec(pod.spec.containers[0].image)?.[1] ?? '';
      const isGood = environment.LAKEKEEPER__OPENID_PROVIDER_URI
        ? await issuerCheck(pod, cluster, environment)
        : tokenReview(cluster, pod, environment);
      await withPostgres(environment, async (client) => {
        await client.query('SELECT version FROM _sqlx_migrations');
      });
      const standIn = await standInOf(environment, version);
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
        void isGood(token).then((isGood) => {
          const { tokens = [] } = standIn.settings;
          if (isGood && !tokens.includes(token)) {
            const { instanceAdmins = [] } = standIn.settings;
            const isAdmin = instanceAdminsOf(environment).includes(userIdOf(token, environment));
            standIn.settings = {
              ...standIn.settings,
              tokens: [...tokens, token],
              instanceAdmins: isAdmin ? [...instanceAdmins, token] : instanceAdmins,
            };
          }
          forward();
        });
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return {
        host: '127.0.0.1',
        port: (server.address() as AddressInfo).port,
        ended: once(server, 'close').then(() => {}),
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

function instanceAdminsOf({ LAKEKEEPER__INSTANCE_ADMINS: admins = '[]' }: Environment): string[] {
  return JSON.parse(admins);
}

/** docs/facts/lakekeeper-auth.md §2 and §3. */
function userIdOf(token: string, environment: Environment): string {
  const { sub = '', ...claims } = decodeJwt(token);
  if (environment.LAKEKEEPER__OPENID_PROVIDER_URI) return `oidc~${sub}`;
  const { serviceaccount } = claims['kubernetes.io'] as { serviceaccount: { uid: string } };
  const isByName = environment.LAKEKEEPER__KUBERNETES_AUTHENTICATION_SUBJECT_SOURCE === 'username';
  return `kubernetes~${isByName ? sub : serviceaccount.uid}`;
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

type TokenCheck = (token: string) => Promise<boolean>;

/**
 * Checks a token by the keys of its issuer: the cluster's, which are read without a token, or a provider's that is
 * trusted by the certificates that the pod has. Where no provider answers, no token is good.
 *
 * @throws Error when the cluster does not serve its keys.
 */
async function issuerCheck(pod: Pod, cluster: Cluster, environment: Environment): Promise<TokenCheck> {
  const issuer = environment.LAKEKEEPER__OPENID_PROVIDER_URI ?? '';
  const isOfCluster = new URL(issuer).hostname === apiServerName;
  const certificates = isOfCluster ? undefined : await fileOf(pod, cluster, environment.SSL_CERT_FILE);
  const read = async (url: string) => {
    if (certificates !== undefined) return readJSON(url, certificates);
    const path = new URL(url).pathname;
    const { status, body } = await cluster.as('').send('GET', path);
    if (status !== 200) throw new Error(`GET ${path} without a token: ${status}`);
    return body;
  };
  if (!isOfCluster && certificates === undefined) return async () => false;
  const discovered = await read(`${issuer}/.well-known/openid-configuration`);
  if (discovered.issuer !== issuer) throw new Error(`the issuer says it is ${discovered.issuer}`);
  const keys = createLocalJWKSet(await read(discovered.jwks_uri));
  const expected = { issuer, audience: (environment.LAKEKEEPER__OPENID_AUDIENCE ?? '').split(',') };
  return (token) =>
    jwtVerify(token, keys, expected).then(
      () => true,
      () => false,
    );
}

/** A file of the pod's volumes; undefined without a path. */
async function fileOf(pod: Pod, cluster: Cluster, path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const root = await mkdtemp(join(tmpdir(), 'lakekeeper-pod-'));
  try {
    await writeVolumes(pod, cluster, root);
    return await readFile(join(root, path), 'utf8');
  } finally {
    await rm(root, { recursive: true });
  }
}

async function readJSON(url: string, ca: string) {
  const [response] = (await once(get(url, { ca, agent: false }), 'response')) as [IncomingMessage];
  return JSON.parse(await text(response));
}

/** Asks the API server about a token as the pod's own account: what the account may not ask, is not answered. */
function tokenReview(cluster: Cluster, pod: Pod, environment: Environment): TokenCheck {
  const audiences = (environment.LAKEKEEPER__KUBERNETES_AUTHENTICATION_AUDIENCE ?? '').split(',');
  return async (token) => {
    const own = await cluster.token(pod.metadata.namespace, pod.spec.serviceAccountName);
    const answer = await cluster.as(own).send('POST', '/apis/authentication.k8s.io/v1/tokenreviews', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      spec: { token, audiences },
    });
    return answer.status === 201 && answer.body.status.authenticated === true;
  };
}
