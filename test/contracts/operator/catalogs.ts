import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect } from 'vitest';
import { migrationJobName } from '../../../src/catalog/migration-job.ts';
import type { ClusterObject } from '../../e2e/support/cluster.ts';
import type { Scene } from '../../e2e/support/scene.ts';

export const image = 'quay.io/lakekeeper/catalog:v0.12.2';
export const soon = { timeout: 60_000, interval: 100 };

export type Catalogs = ReturnType<typeof catalogsIn>;
export type Spec = ReturnType<Catalogs['specOf']>;

/**
 * Catalogs in a namespace of their own, by name, for the tests of the operator's contract, which go on where the
 * former one ended.
 */
export function catalogsIn(open: () => Promise<Scene>) {
  const namespace = `contract-${randomBytes(3).toString('hex')}`;
  const at = {} as { scene: Scene };
  beforeAll(async () => {
    at.scene = await open();
    await at.scene.cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  });
  afterAll(() => at.scene?.[Symbol.asyncDispose]());

  const address = (apiVersion: string, kind: string, name: string) => ({
    apiVersion,
    kind,
    metadata: { namespace, name },
  });
  const lakekeeperAt = (name: string) => address('lakekeeper.k8s.lakekeeper.io/v1alpha1', 'Lakekeeper', name);
  const get = (apiVersion: string, kind: string, name: string) =>
    at.scene.cluster.get(address(apiVersion, kind, name));
  const sql = async (text: string) => {
    const client = new pg.Client({ connectionString: at.scene.postgres.url });
    await client.connect();
    await client.query(text).finally(() => client.end());
  };

  /** A database and a role for a catalog; whoever writes its Secret lets the catalog begin. */
  const makeDatabase = async (name: string) => {
    const role = name.replaceAll('-', '_').slice(0, 60);
    await sql(`CREATE ROLE "${role}" LOGIN PASSWORD 'p${role}'`);
    await sql(`CREATE DATABASE "${role}" OWNER "${role}"`);
    return role;
  };
  const writeSecret = async (name: string, role: string, password = `p${role}`) => {
    const stringData = { 'db-user': role, 'db-password': password, 'encryption-key': 'kfoo' };
    await at.scene.cluster.apply({ ...address('v1', 'Secret', name), stringData });
  };
  const specOf = (name: string, role: string) => ({
    image,
    replicas: 1,
    authorization: { backend: 'allowall' },
    bootstrap: { enabled: true, checkInterval: '1s' },
    server: {
      baseURI: `http://${name}.${namespace}.svc:8181`,
      listenPort: 8181,
      metricsPort: 9000,
      enableDefaultProject: true,
    },
    database: {
      type: 'postgres',
      postgres: {
        host: at.scene.postgres.host,
        port: at.scene.postgres.port,
        database: role,
        sslMode: 'disable',
        userSecretRef: { name, key: 'db-user' },
        passwordSecretRef: { name, key: 'db-password' },
        encryptionKeySecretRef: { name, key: 'encryption-key' },
      },
    },
  });
  const apply = async (name: string, role: string, change: object = {}) => {
    const spec = { ...specOf(name, role), ...change };
    const { status, body } = await at.scene.cluster.apply({ ...lakekeeperAt(name), spec });
    expect(status, body.message).toBeLessThan(300);
    return spec;
  };
  /** A catalog with everything that it needs. */
  const start = async (name: string, change: object = {}) => {
    const role = await makeDatabase(name);
    await writeSecret(name, role);
    return apply(name, role, change);
  };
  const jobOf = (name: string, { image, database }: ReturnType<typeof specOf>) =>
    get('batch/v1', 'Job', migrationJobName(name, { image, ...database.postgres }));

  /** The condition, once it speaks of the resource as it is now. */
  const condition = async (name: string, type: string) => {
    const found = await at.scene.cluster.get(lakekeeperAt(name));
    const one = found?.status?.conditions?.find((candidate: { type: string }) => candidate.type === type);
    return one?.observedGeneration === found?.metadata.generation
      ? `${one?.status} ${one?.reason}`
      : undefined;
  };
  const untilCondition = (name: string, type: string, wanted: string) =>
    expect.poll(() => condition(name, type), soon).toBe(wanted);
  const messageOf = async (name: string, type: string) => {
    const found = await at.scene.cluster.get(lakekeeperAt(name));
    return found?.status?.conditions?.find((candidate: { type: string }) => candidate.type === type)?.message;
  };
  /** Until nothing has been written to it for as long as a roll-out takes between two of its steps. */
  const settled = async (name: string) => {
    let former: string | undefined;
    const isUnchanged = async () => {
      const [catalog, deployment] = await Promise.all([
        at.scene.cluster.get(lakekeeperAt(name)),
        get('apps/v1', 'Deployment', name),
      ]);
      const now = `${catalog?.metadata.resourceVersion} ${deployment?.metadata.resourceVersion}`;
      const is = now === former;
      former = now;
      return is;
    };
    await expect.poll(isUnchanged, { timeout: 60_000, interval: 1000 }).toBe(true);
  };
  /** What the operator has written of a catalog by now, in order: `PUT deployments/first`. */
  const writesOf = (name: string) => {
    const path = new RegExp(`^(P\\w+) .*/namespaces/${namespace}/(\\w+/${name}(?:-metrics)?(?:/status)?)$`);
    return at.scene.operatorWatches.requests.flatMap((request) => {
      const [, verb, object] = path.exec(request) ?? [];
      return object === undefined ? [] : [`${verb} ${object}`];
    });
  };
  const statusOf = async (name: string) => (await at.scene.cluster.get(lakekeeperAt(name)))?.status;
  const environmentOf = async (name: string): Promise<Record<string, unknown>> => {
    await expect.poll(() => get('apps/v1', 'Deployment', name), soon).toBeDefined();
    const deployment = (await get('apps/v1', 'Deployment', name)) as ClusterObject;
    const [container] = deployment.spec.template.spec.containers;
    return Object.fromEntries(
      container.env.map(
        ({ name, value, valueFrom }: { name: string; value?: string; valueFrom?: object }) => [
          name,
          value ?? valueFrom,
        ],
      ),
    );
  };
  return {
    namespace,
    get scene() {
      return at.scene;
    },
    address,
    lakekeeperAt,
    get,
    sql,
    makeDatabase,
    writeSecret,
    specOf,
    apply,
    start,
    jobOf,
    condition,
    untilCondition,
    messageOf,
    settled,
    writesOf,
    statusOf,
    environmentOf,
  };
}
