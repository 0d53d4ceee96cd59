import { readFile, writeFile } from 'node:fs/promises';
import type pg from 'pg';
import type { RegistrationInputs } from '../../src/catalog/registration-inputs.ts';
import { type EmbeddedPostgres, startPostgres } from '../support/embedded-postgres.ts';
import type { StandInObject } from '../support/kubernetes-stand-in.ts';
import type { StoredWarehouse } from '../support/lakekeeper-stand-in.ts';
import { operate } from '../support/operate.ts';
import { type RegistrationScene, startScene } from '../support/registration-scene.ts';
import { runInProcess } from '../support/run-in-process.ts';

/**
 * What a version leaves behind of the org `acme` when it has registered it. `scripts/release.ts prepare` records it
 * with the version that is released, and `test/registration/register.test.ts` registers the org with the next one. The
 * passwords and keys are those of a test.
 */
export interface RegisteredState {
  /** Statements that make the role and the database as they were left; `inside` are for the database itself. */
  readonly metadataStore: { readonly server: readonly string[]; readonly inside: readonly string[] };
  readonly secret: StandInObject;
  /** With the values of the row. */
  readonly configMap: StandInObject;
  readonly warehouses: readonly StoredWarehouse[];
}

const file = 'test/upgrade/previous/registered.json';
const name = 'lakekeeper-acme';
const database = 'lakekeeper_acme';

export const previousState = async (): Promise<RegisteredState> => JSON.parse(await readFile(file, 'utf8'));

/** The inputs of an org whose values are recorded in a ConfigMap. */
export const upgradeInputs = (scene: RegistrationScene): RegistrationInputs =>
  scene.inputs({
    registration: {
      image: 'ghcr.io/lakekeeper-gitops/lakekeeper-gitops:v0.0.0',
      record: { configMap: true },
    },
  });

/** A registration by this version, of what is in the scene. */
export const registerAgain = (scene: RegistrationScene) =>
  runInProcess({
    inputs: upgradeInputs(scene),
    urls: { kubernetes: scene.cluster.server, lakekeeper: scene.lakekeeper.url },
  });

export async function observeState(
  scene: RegistrationScene,
  postgres: EmbeddedPostgres,
): Promise<RegisteredState> {
  const object = (kind: string, called: string) => {
    const { metadata, ...rest } = scene.cluster.get(kind, 'lakekeeper', called) as StandInObject;
    const { labels, annotations } = metadata;
    return { ...rest, metadata: { namespace: 'lakekeeper', name: called, labels, annotations } };
  };
  return {
    metadataStore: await statementsOf(scene, postgres),
    secret: object('secrets', name),
    configMap: object('configmaps', `${name}-endpoint`),
    warehouses: structuredClone(scene.lakekeeper.warehouses),
  };
}

/** Puts a state in place of what a scene begins with, and lets the operator start the catalog from it. */
export async function restoreState(
  scene: RegistrationScene,
  postgres: EmbeddedPostgres,
  state: RegisteredState,
): Promise<void> {
  const { metadataStore, secret, configMap, warehouses } = structuredClone(state);
  for (const [to, statements] of [
    [postgres.database, metadataStore.server],
    [database, metadataStore.inside],
  ] as const)
    await asSuperuser(scene, postgres, to, async (client) => {
      for (const statement of statements) await client.query(statement);
    });
  scene.cluster.put('secrets', secret);
  scene.cluster.put('configmaps', configMap);
  scene.lakekeeper.warehouses.push(...warehouses);
  await operate(scene.catalog);
}

async function asSuperuser<T>(
  scene: RegistrationScene,
  { user, password }: EmbeddedPostgres,
  to: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = await scene.connect(user, password, to);
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function statementsOf(
  scene: RegistrationScene,
  postgres: EmbeddedPostgres,
): Promise<RegisteredState['metadataStore']> {
  return asSuperuser(scene, postgres, database, async (client) => {
    const { rows } = await client.query(`
      SELECT format('CREATE ROLE %I WITH %s PASSWORD %L', rolname, concat_ws(' ',
          CASE WHEN rolcanlogin THEN 'LOGIN' ELSE 'NOLOGIN' END,
          CASE WHEN rolcreatedb THEN 'CREATEDB' ELSE 'NOCREATEDB' END,
          CASE WHEN rolcreaterole THEN 'CREATEROLE' ELSE 'NOCREATEROLE' END,
          CASE WHEN rolsuper THEN 'SUPERUSER' ELSE 'NOSUPERUSER' END), rolpassword) AS role,
        format('CREATE DATABASE %I OWNER %I', datname, datdba::regrole::text) AS database,
        format('REVOKE ALL ON DATABASE %I FROM PUBLIC', datname) AS closed,
        (SELECT array_agg(format('GRANT %s ON DATABASE %I TO %s', privilege_type, datname,
          CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(grantee::regrole::text) END))
          FROM aclexplode(coalesce(datacl, acldefault('d', datdba)))) AS granted,
        (SELECT format('ALTER SCHEMA public OWNER TO %I', nspowner::regrole::text)
          FROM pg_namespace WHERE nspname = 'public') AS schema
      FROM pg_database JOIN pg_authid ON rolname = datname WHERE datname = current_database()`);
    const [{ role, database: created, closed, granted, schema }] = rows;
    return { server: [role, created, closed, ...granted], inside: [schema] };
  });
}

/** Writes the state that this version leaves: `npx tsx test/upgrade/registered-state.ts`. */
async function recordThisVersion(): Promise<void> {
  const postgres = await startPostgres();
  const scene = await startScene(postgres);
  try {
    const { result, detail } = await registerAgain(scene);
    if (result !== 'registered') throw new Error(`registration: ${result}: ${detail}`);
    await writeFile(file, `${JSON.stringify(await observeState(scene, postgres), null, 2)}\n`);
  } finally {
    await scene.end();
    await postgres.stop();
  }
}

if (process.argv[1]?.endsWith('registered-state.ts')) await recordThisVersion();
