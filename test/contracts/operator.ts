import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { migrationJobName } from '../../src/catalog/migration-job.ts';
import type { ClusterObject } from '../e2e/support/cluster.ts';
import type { Scene } from '../e2e/support/scene.ts';

const image = 'quay.io/lakekeeper/catalog:v0.12.2';
const soon = { timeout: 60_000, interval: 100 };

/**
 * What the product relies on from the lakekeeper-operator; what is not stated here, it may not rely on. For the stand-in and, with
 * `LAKEKEEPER_OPERATOR`, for a real one. Source: docs/facts/lakekeeper-crd.md.
 */
export function operatorContract(title: string, open: () => Promise<Scene>): void {
  describe(title, () => {
    const namespace = `contract-${randomBytes(3).toString('hex')}`;
    let scene: Scene;
    beforeAll(async () => {
      scene = await open();
      await scene.cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    });
    afterAll(() => scene?.[Symbol.asyncDispose]());

    const address = (apiVersion: string, kind: string, name: string) => ({
      apiVersion,
      kind,
      metadata: { namespace, name },
    });
    const lakekeeperAt = (name: string) =>
      address('lakekeeper.k8s.lakekeeper.io/v1alpha1', 'Lakekeeper', name);
    const get = (apiVersion: string, kind: string, name: string) =>
      scene.cluster.get(address(apiVersion, kind, name));
    const sql = async (text: string) => {
      const client = new pg.Client({ connectionString: scene.postgres.url });
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
      await scene.cluster.apply({ ...address('v1', 'Secret', name), stringData });
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
          host: scene.postgres.host,
          port: scene.postgres.port,
          database: role,
          sslMode: 'disable',
          userSecretRef: { name, key: 'db-user' },
          passwordSecretRef: { name, key: 'db-password' },
          encryptionKeySecretRef: { name, key: 'encryption-key' },
        },
      },
    });
    type Spec = ReturnType<typeof specOf>;
    const apply = async (name: string, role: string, change: object = {}): Promise<Spec> => {
      const spec = { ...specOf(name, role), ...change };
      const { status, body } = await scene.cluster.apply({ ...lakekeeperAt(name), spec });
      expect(status, body.message).toBeLessThan(300);
      return spec;
    };
    /** A catalog with everything that it needs. */
    const start = async (name: string, change: object = {}) => {
      const role = await makeDatabase(name);
      await writeSecret(name, role);
      return apply(name, role, change);
    };
    const jobOf = (name: string, { image, database }: Spec) =>
      get('batch/v1', 'Job', migrationJobName(name, { image, ...database.postgres }));

    /** The condition, once it speaks of the resource as it is now. */
    const condition = async (name: string, type: string) => {
      const found = await scene.cluster.get(lakekeeperAt(name));
      const one = found?.status?.conditions?.find((candidate: { type: string }) => candidate.type === type);
      return one?.observedGeneration === found?.metadata.generation
        ? `${one?.status} ${one?.reason}`
        : undefined;
    };
    const untilCondition = (name: string, type: string, wanted: string) =>
      expect.poll(() => condition(name, type), soon).toBe(wanted);
    const statusOf = async (name: string) => (await scene.cluster.get(lakekeeperAt(name)))?.status;

    test('without the Secret it waits and says so, at the current generation, and makes nothing', async () => {
      const role = await makeDatabase('waiting');
      const spec = await apply('waiting', role);
      await untilCondition('waiting', 'Ready', 'False SecretValidationFailed');
      expect(await condition('waiting', 'Degraded')).toBe('True SecretValidationFailed');
      expect(await jobOf('waiting', spec)).toBeUndefined();
      expect(await get('apps/v1', 'Deployment', 'waiting')).toBeUndefined();
    });

    test('a Secret without one of the keys is not enough', async () => {
      const role = await makeDatabase('half');
      await scene.cluster.apply({ ...address('v1', 'Secret', 'half'), stringData: { 'db-user': role } });
      await apply('half', role);
      await untilCondition('half', 'Ready', 'False SecretValidationFailed');
    });

    test('an annotation wakes it, however far apart its own looks have become', async () => {
      const role = await makeDatabase('woken');
      const spec = await apply('woken', role);
      const bornAt = Date.parse(
        (await scene.cluster.get(lakekeeperAt('woken')))?.metadata.creationTimestamp ?? '',
      );
      // From here on it waits for 20 seconds and more: five milliseconds, doubled each time.
      await expect
        .poll(() => Date.now() - bornAt, { timeout: 60_000, interval: 500 })
        .toBeGreaterThan(24_000);
      await writeSecret('woken', role);
      await scene.cluster.patch(lakekeeperAt('woken'), { metadata: { annotations: { wake: 'up' } } });
      await expect.poll(() => jobOf('woken', spec), { timeout: 10_000 }).toBeDefined();
    });

    test('migrates first, with the Job that we know the name of, then serves and bootstraps', async () => {
      const spec = await start('first');
      await untilCondition('first', 'Bootstrapped', 'True Bootstrapped');
      const status = await statusOf('first');
      expect(status).toMatchObject({ observedGeneration: 1, replicas: 1, readyReplicas: 1 });
      expect(Date.parse(status.bootstrappedAt)).toBeGreaterThan(0);
      expect(status.serverID).toBeTruthy();
      expect(await condition('first', 'Ready')).toBe('True MinimumReplicasAvailable');
      expect(await condition('first', 'Degraded')).toBe('False Healthy');
      expect(await condition('first', 'Migrated')).toBe('True MigrationSucceeded');
      expect(await condition('first', 'ConfigWarning')).toBe('False NoUnimplementedFields');

      const job = await jobOf('first', spec);
      expect(status.migrationJob).toBe(job?.metadata.name);
      expect(job?.spec).toMatchObject({ backoffLimit: 3, ttlSecondsAfterFinished: 600 });
      const template = job?.spec.template;
      expect(template.metadata.labels).toMatchObject({
        'app.kubernetes.io/name': 'lakekeeper',
        'app.kubernetes.io/component': 'migration',
        'app.kubernetes.io/instance': 'first',
      });
      expect(template.metadata.labels).not.toHaveProperty(['app.kubernetes.io/managed-by']);
      expect(template.spec).toMatchObject({
        restartPolicy: 'OnFailure',
        containers: [{ image, args: ['migrate'] }],
      });
    });

    test('its Deployment and Services are its own, and their pods have the labels that policies select', async () => {
      const owner = (await scene.cluster.get(lakekeeperAt('first')))?.metadata.uid;
      const labels = {
        'app.kubernetes.io/name': 'lakekeeper',
        'app.kubernetes.io/instance': 'first',
        'app.kubernetes.io/managed-by': 'lakekeeper-operator',
      };
      const deployment = await get('apps/v1', 'Deployment', 'first');
      expect(deployment?.spec.selector.matchLabels).toEqual(labels);
      expect(deployment?.spec.template.metadata.labels).toEqual(labels);
      expect(deployment?.spec.template.spec.containers).toMatchObject([
        { name: 'lakekeeper', image, args: ['serve'] },
      ]);
      const http = await get('v1', 'Service', 'first');
      expect(http?.spec).toMatchObject({ selector: labels, ports: [{ port: 8181, targetPort: 'http' }] });
      const metrics = await get('v1', 'Service', 'first-metrics');
      expect(metrics?.spec).toMatchObject({
        selector: labels,
        ports: [{ port: 9000, targetPort: 'metrics' }],
      });
      for (const owned of [deployment, http, metrics])
        expect(owned?.metadata.ownerReferences).toMatchObject([
          { kind: 'Lakekeeper', uid: owner, controller: true },
        ]);
    });

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
    const fromSecret = (name: string, key: string) => ({ secretKeyRef: { name, key } });

    test('gives the server the variables that it reads, credentials by reference', async () => {
      const role = await makeDatabase('variables');
      await writeSecret('variables', role);
      const base = specOf('variables', role);
      await apply('variables', role, {
        server: { ...base.server, reservedNamespaces: ['system', 'examples'] },
        requestLimits: { maxRequestTime: '45s' },
        authentication: {
          openID: {
            providerURI: 'https://login.example.com',
            audience: 'lakekeeper-acme',
            subjectClaim: 'sub',
          },
        },
      });
      expect(await environmentOf('variables')).toMatchObject({
        LAKEKEEPER__BASE_URI: base.server.baseURI,
        LAKEKEEPER__LISTEN_PORT: '8181',
        LAKEKEEPER__METRICS__PORT: '9000',
        LAKEKEEPER__ENABLE_DEFAULT_PROJECT: 'true',
        LAKEKEEPER__RESERVED_NAMESPACES: 'system,examples',
        LAKEKEEPER__PG_HOST_W: base.database.postgres.host,
        LAKEKEEPER__PG_PORT: String(base.database.postgres.port),
        LAKEKEEPER__PG_DATABASE: role,
        LAKEKEEPER__PG_USER: fromSecret('variables', 'db-user'),
        LAKEKEEPER__PG_PASSWORD: fromSecret('variables', 'db-password'),
        LAKEKEEPER__PG_ENCRYPTION_KEY: fromSecret('variables', 'encryption-key'),
        LAKEKEEPER__PG_SSL_MODE: 'disable',
        LAKEKEEPER__AUTHZ_BACKEND: 'allowall',
        LAKEKEEPER__OPENID_PROVIDER_URI: 'https://login.example.com',
        LAKEKEEPER__OPENID_AUDIENCE: 'lakekeeper-acme',
        LAKEKEEPER__OPENID_SUBJECT_CLAIM: 'sub',
        LAKEKEEPER__OPENID_ROLES_CLAIM: 'roles',
        LAKEKEEPER__MAX_REQUEST_TIME: '45s',
      });
    });

    test('with authentication on it cannot see the server, which is ready all the same', async () => {
      await untilCondition('variables', 'Bootstrapped', 'False ServerNotReachable');
      expect(await condition('variables', 'Ready')).toBe('True MinimumReplicasAvailable');
      expect((await statusOf('variables')).bootstrappedAt).toBeUndefined();
    });

    test('does not give the server what amendments give it', async () => {
      const base = specOf('', '');
      await start('ignored', {
        authentication: { kubernetes: { enabled: true, audiences: ['a'] } },
        server: { ...base.server, storageSystemCredentials: { enableAWS: true } },
      });
      const names = Object.keys(await environmentOf('ignored'));
      expect(names).not.toContain('LAKEKEEPER__ENABLE_KUBERNETES_AUTHENTICATION');
      expect(names).not.toContain('LAKEKEEPER__KUBERNETES_AUTHENTICATION_AUDIENCE');
      expect(names).not.toContain('LAKEKEEPER__ENABLE_AWS_SYSTEM_CREDENTIALS');
    });

    test('a change of the Deployment is undone, so that only pods can be amended', async () => {
      await untilCondition('first', 'Bootstrapped', 'True Bootstrapped');
      const deployment = address('apps/v1', 'Deployment', 'first');
      await scene.cluster.patch(deployment, {
        spec: { template: { spec: { serviceAccountName: 'other' } } },
      });
      await expect
        .poll(async () => (await scene.cluster.get(deployment))?.spec.template.spec.serviceAccountName, soon)
        .toBeUndefined();
    });

    test('told not to bootstrap, it does not, and sees it when somebody else did', async () => {
      const spec = await start('by-us', { bootstrap: { enabled: false, checkInterval: '1s' } });
      await untilCondition('by-us', 'Bootstrapped', 'False NotBootstrapped');
      const standIn = scene.lakekeeper.standIns.get(spec.database.postgres.database);
      expect(standIn?.isBootstrapped).toBe(false);
      if (standIn) standIn.isBootstrapped = true;
      await untilCondition('by-us', 'Bootstrapped', 'True Bootstrapped');
    });

    test('a migration that cannot log in never lets the server start, and its Job says so', async () => {
      const role = await makeDatabase('wrong');
      await writeSecret('wrong', role, 'not-the-password');
      const spec = await apply('wrong', role);
      const failed = async () =>
        (await jobOf('wrong', spec))?.status?.conditions?.find(
          ({ type }: { type: string }) => type === 'Failed',
        );
      await expect.poll(failed, soon).toMatchObject({ status: 'True', reason: 'BackoffLimitExceeded' });
      // It counts the failures that Kubernetes counts, of which there is one: it goes on to say that the migration runs.
      expect(['False MigrationInProgress', 'False MigrationFailed']).toContain(
        await condition('wrong', 'Migrated'),
      );
      expect(await get('apps/v1', 'Deployment', 'wrong')).toBeUndefined();
    });

    test('three failures of the Job are final, and are all that is said then', async () => {
      const role = await makeDatabase('thrice');
      const spec = await apply('thrice', role);
      // Of its own making the Job would begin over again: the Secret is there only when the Job has failed.
      const name = migrationJobName('thrice', { image, ...spec.database.postgres });
      const pod = { restartPolicy: 'Never', containers: [{ name: 'a', image: 'nothing:1' }] };
      await scene.cluster.create({
        ...address('batch/v1', 'Job', name),
        spec: { suspend: true, template: { spec: pod } },
      });
      await scene.cluster.patch(address('batch/v1', 'Job', name), { status: { failed: 3 } }, 'status');
      await writeSecret('thrice', role);
      await scene.cluster.patch(lakekeeperAt('thrice'), { metadata: { annotations: { wake: 'up' } } });
      await untilCondition('thrice', 'Migrated', 'False MigrationFailed');
      expect(await condition('thrice', 'Ready')).toBe('False MigrationFailed');
      expect(await condition('thrice', 'Degraded')).toBe('True MigrationFailed');
    });

    test('another image is migrated to before its pods come, and the old ones stay until then', async () => {
      const before = (await get('apps/v1', 'Deployment', 'first')) as ClusterObject;
      const next = 'quay.io/lakekeeper/catalog:v0.13.3';
      const spec = await apply('first', 'first', { image: next });
      await expect.poll(() => jobOf('first', spec), soon).toBeDefined();
      await expect
        .poll(async () => {
          const { spec } = (await get('apps/v1', 'Deployment', 'first')) as ClusterObject;
          return spec.template.spec.containers[0].image;
        }, soon)
        .toBe(next);
      expect((await jobOf('first', spec))?.status.succeeded).toBe(1);
      const after = (await get('apps/v1', 'Deployment', 'first')) as ClusterObject;
      expect(after.metadata.uid).toBe(before.metadata.uid);
    });

    test('scaled to zero it is ready, and says why', async () => {
      await apply('first', 'first', { replicas: 0 });
      await untilCondition('first', 'Ready', 'True ScaledToZero');
      expect(await condition('first', 'Degraded')).toBe('False Healthy');
    });

    test.each([
      ['a slug at the limit', `lakekeeper-${'x'.repeat(35)}`],
      ['a UUID without hyphens', 'lakekeeper-018d351a9ff70000eaff4628875ad045'],
      ['a hashed name', 'lakekeeper-hooli-labs-ccd58c50'],
    ])('%s gets its migration Job and its Services', async (_, name) => {
      const spec = await start(name);
      await untilCondition(name, 'Bootstrapped', 'True Bootstrapped');
      expect((await jobOf(name, spec))?.metadata.name.length).toBeLessThanOrEqual(63);
      expect(await get('v1', 'Service', `${name}-metrics`)).toBeDefined();
    });

    test('a name that is one longer gets no further than the migration Job', async () => {
      const name = `lakekeeper-${'y'.repeat(36)}`;
      await start(name);
      await untilCondition(name, 'Ready', 'False MigrationJobCreationFailed');
    });

    test('deleted, it goes with all that it made; Secret and database stay', async () => {
      await untilCondition('by-us', 'Bootstrapped', 'True Bootstrapped');
      await scene.cluster.delete(lakekeeperAt('by-us'));
      for (const [apiVersion, kind] of [
        ['lakekeeper.k8s.lakekeeper.io/v1alpha1', 'Lakekeeper'],
        ['apps/v1', 'Deployment'],
        ['v1', 'Service'],
      ] as const)
        await expect.poll(() => get(apiVersion, kind, 'by-us'), soon).toBeUndefined();
      expect(await get('v1', 'Secret', 'by-us')).toBeDefined();
      const client = new pg.Client({ ...scene.postgres, database: 'by_us' });
      await client.connect();
      expect((await client.query('SELECT FROM _sqlx_migrations')).rowCount).toBe(0);
      await client.end();
    });
  });
}
