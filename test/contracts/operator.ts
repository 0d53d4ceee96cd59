import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { migrationJobName } from '../../src/catalog/migration-job.ts';
import type { ClusterObject } from '../e2e/support/cluster.ts';
import type { Scene } from '../e2e/support/scene.ts';

const image = 'quay.io/lakekeeper/catalog:v0.12.2';
const soon = { timeout: 60_000, interval: 100 };

/**
 * What the product relies on from the lakekeeper-operator; what is not stated here, it may not rely on. For the
 * stand-in and, with `LAKEKEEPER_OPERATOR`, for a real one. Source: docs/facts/lakekeeper-crd.md.
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
    const messageOf = async (name: string, type: string) => {
      const found = await scene.cluster.get(lakekeeperAt(name));
      return found?.status?.conditions?.find((candidate: { type: string }) => candidate.type === type)
        ?.message;
    };
    /** Until nothing has been written to it for as long as a roll-out takes between two of its steps. */
    const settled = async (name: string) => {
      let former: string | undefined;
      const isUnchanged = async () => {
        const [catalog, deployment] = await Promise.all([
          scene.cluster.get(lakekeeperAt(name)),
          get('apps/v1', 'Deployment', name),
        ]);
        const now = `${catalog?.metadata.resourceVersion} ${deployment?.metadata.resourceVersion}`;
        const is = now === former;
        former = now;
        return is;
      };
      await expect.poll(isUnchanged, { timeout: 60_000, interval: 1000 }).toBe(true);
    };
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
      // It counts failed pods, of which there is one, and does not read the Job's conditions: it says for ever that
      // the migration runs.
      expect(await condition('wrong', 'Migrated')).toBe('False MigrationInProgress');
      expect(await condition('wrong', 'Ready')).toBe('False MigrationInProgress');
      const pods = await scene.cluster.list({ apiVersion: 'v1', kind: 'Pod' }, namespace);
      expect(pods.filter(({ metadata }) => metadata.name.startsWith('wrong-migrate'))).toEqual([]);
      expect(await get('apps/v1', 'Deployment', 'wrong')).toBeUndefined();
    });

    test('when that Job goes, as its TTL makes it, the migration is tried again', async () => {
      await sql(`ALTER ROLE wrong PASSWORD 'not-the-password'`);
      const { spec } = (await scene.cluster.get(lakekeeperAt('wrong'))) as ClusterObject;
      const failed = (await jobOf('wrong', spec as Spec)) as ClusterObject;
      await scene.cluster.delete(failed);
      await untilCondition('wrong', 'Bootstrapped', 'True Bootstrapped');
      expect((await jobOf('wrong', spec as Spec))?.metadata.uid).not.toBe(failed.metadata.uid);
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

    test('and are taken back when the Job succeeds after all', async () => {
      const { spec } = (await scene.cluster.get(lakekeeperAt('thrice'))) as ClusterObject;
      const job = (await jobOf('thrice', spec as Spec)) as ClusterObject;
      await scene.cluster.patch(job, { status: { succeeded: 1 } }, 'status');
      // Its own Job would wake it.
      await scene.cluster.patch(lakekeeperAt('thrice'), { metadata: { annotations: { wake: 'again' } } });
      await untilCondition('thrice', 'Migrated', 'True MigrationSucceeded');
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

    test('back at the former image, nothing is migrated while its Job is there: the pods go back at once', async () => {
      const { migrationJob } = await statusOf('first');
      await apply('first', 'first');
      await expect
        .poll(async () => {
          const { spec } = (await get('apps/v1', 'Deployment', 'first')) as ClusterObject;
          return spec.template.spec.containers[0].image;
        }, soon)
        .toBe(image);
      await untilCondition('first', 'Ready', 'True MinimumReplicasAvailable');
      expect((await statusOf('first')).migrationJob).toBe(migrationJob);
      expect(await messageOf('first', 'Migrated')).toBe(
        `Migration Job ${migrationJob} completed successfully`,
      );
    });

    test('when that Job goes, the former image migrates, though nothing was changed', async () => {
      const { spec } = (await scene.cluster.get(lakekeeperAt('first'))) as ClusterObject;
      const former = (await jobOf('first', spec as Spec)) as ClusterObject;
      await scene.cluster.delete(former);
      await expect.poll(async () => (await statusOf('first')).migrationJob, soon).toBe(former.metadata.name);
      await untilCondition('first', 'Ready', 'True MinimumReplicasAvailable');
      expect((await jobOf('first', spec as Spec))?.metadata.uid).not.toBe(former.metadata.uid);
    });

    test('ready is true at the new generation although the new pods have not started', async () => {
      await start('stuck');
      await untilCondition('stuck', 'Bootstrapped', 'True Bootstrapped');
      const spec = await apply('stuck', 'stuck', {
        image: 'registry.example.com/nobody-runs/mirror:v0.13.3',
      });
      await expect.poll(() => jobOf('stuck', spec), soon).toBeDefined();
      await scene.cluster.patch(
        (await jobOf('stuck', spec)) as ClusterObject,
        { status: { succeeded: 1 } },
        'status',
      );
      await expect.poll(async () => (await statusOf('stuck')).replicas, soon).toBe(2);
      await untilCondition('stuck', 'Ready', 'True MinimumReplicasAvailable');
      expect((await scene.cluster.get(lakekeeperAt('stuck')))?.spec.replicas).toBe(1);
      expect((await statusOf('stuck')).observedGeneration).toBe(2);
    });

    test('its finalizer is added by an update of the whole resource: quantities become canonical', async () => {
      const resources = {
        requests: { cpu: '0.5', memory: '1024Mi' },
        limits: { cpu: '1000m', memory: '1.5Gi' },
      };
      await apply('quantities', 'quantities', { resources });
      const found = () => scene.cluster.get(lakekeeperAt('quantities'));
      await expect.poll(async () => (await found())?.metadata.finalizers?.length, soon).toBe(1);
      expect((await found())?.spec.resources).toEqual({
        requests: { cpu: '500m', memory: '1Gi' },
        limits: { cpu: '1', memory: '1536Mi' },
      });
      expect((await found())?.metadata.generation).toBe(2);
      const managers = (await found())?.metadata.managedFields;
      const update = managers?.find(
        ({ operation, fieldsV1 }) => operation === 'Update' && 'f:spec' in fieldsV1,
      );
      expect(update?.fieldsV1).toMatchObject({ 'f:spec': { 'f:resources': expect.anything() } });
    });

    test('a Secret that it needs beside its own is named in the condition Degraded', async () => {
      const role = await makeDatabase('other-secret');
      await writeSecret('other-secret', role);
      const base = specOf('other-secret', role);
      const sslRootCertSecretRef = { name: 'nobodys-ca', key: 'ca.crt' };
      const postgres = { ...base.database.postgres, sslRootCertSecretRef };
      await apply('other-secret', role, { database: { ...base.database, postgres } });
      await expect
        .poll(() => messageOf('other-secret', 'Degraded'), soon)
        .toBe(`secret nobodys-ca not found in namespace ${namespace}`);
    });

    test('a look at a catalog that is in order changes nothing', async () => {
      const objects = [
        address('apps/v1', 'Deployment', 'first'),
        address('v1', 'Service', 'first'),
        address('v1', 'Service', 'first-metrics'),
      ];
      const versions = () =>
        Promise.all(
          objects.map(async (object) => (await scene.cluster.get(object))?.metadata.resourceVersion),
        );
      await untilCondition('first', 'Ready', 'True MinimumReplicasAvailable');
      await expect
        .poll(async () => (await scene.cluster.get(objects[0] as never))?.status.updatedReplicas, soon)
        .toBe(1);
      await settled('first');
      const before = await versions();
      await scene.cluster.patch(lakekeeperAt('first'), { metadata: { annotations: { look: 'again' } } });
      // One worker: what comes after it in the queue is seen after it.
      await start('after-the-look');
      await untilCondition('after-the-look', 'Ready', 'False MigrationInProgress');
      expect(await versions()).toEqual(before);
    });

    test('a conflict shows as DeploymentReconciliationFailed, in these words, and passes by itself', async () => {
      const deployment = address('apps/v1', 'Deployment', 'first');
      const seen = new Set<string>();
      const ending = new AbortController();
      const watching = (async () => {
        const kind = { apiVersion: 'lakekeeper.k8s.lakekeeper.io/v1alpha1', kind: 'Lakekeeper' };
        for await (const { object } of scene.cluster.follow(kind, ending.signal))
          if (object.metadata.name === 'first' && object.metadata.namespace === namespace)
            for (const { type, reason, message } of object.status?.conditions ?? [])
              if (type === 'Degraded' && reason === 'DeploymentReconciliationFailed') seen.add(message);
      })();
      // Somebody who writes to the Deployment all the time, as the controllers do during a roll-out.
      for (let turn = 0; turn < 400 && seen.size === 0; turn += 1)
        await Promise.all([
          scene.cluster.patch(deployment, { metadata: { annotations: { turn: String(turn) } } }),
          scene.cluster.patch(lakekeeperAt('first'), { metadata: { annotations: { turn: String(turn) } } }),
        ]);
      ending.abort();
      await watching;
      const because =
        'the object has been modified; please apply your changes to the latest version and try again';
      const conflict = `Operation cannot be fulfilled on deployments.apps "first": ${because}`;
      expect([...seen]).toEqual([`failed to reconcile deployment: ${conflict}`]);
      await untilCondition('first', 'Ready', 'True MinimumReplicasAvailable');
      await untilCondition('first', 'Degraded', 'False Healthy');
    });

    test('an object of the same name that another one owns is refused, and stays so', async () => {
      const root = address('v1', 'ConfigMap', 'kube-root-ca.crt');
      await expect.poll(() => scene.cluster.get(root), soon).toBeDefined();
      const uid = (await scene.cluster.get(root))?.metadata.uid ?? '';
      const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'kube-root-ca.crt', uid, controller: true };
      await scene.cluster.create({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { namespace, name: 'taken', ownerReferences: [owner] },
        spec: { ports: [{ port: 80 }] },
      });
      await start('taken');
      await untilCondition('taken', 'Ready', 'False ServiceReconciliationFailed');
      const whose = `Object ${namespace}/taken is already owned by another ConfigMap controller kube-root-ca.crt`;
      // A conflict may be said before it.
      await expect
        .poll(() => messageOf('taken', 'Degraded'), soon)
        .toBe(`failed to reconcile main service: failed to set controller reference: ${whose}`);
    });

    test('one worker: a server that does not answer makes the others wait for as long', async () => {
      const spec = await start('silent', { bootstrap: { enabled: false, checkInterval: '1s' } });
      await untilCondition('silent', 'Bootstrapped', 'False NotBootstrapped');
      const standIn = scene.lakekeeper.standIns.get(spec.database.postgres.database);
      let isAsked = false;
      standIn?.before('GET /management/v1/info', () => (isAsked = true));
      // More than once, because it looks again after a second, and what it said is over then.
      for (let i = 0; i < 3; i += 1) standIn?.fail('GET /management/v1/info', { kind: 'silence' });
      await expect.poll(() => isAsked, { timeout: 60_000, interval: 5 }).toBe(true);
      await apply('behind', 'behind');
      const finalizers = async () => (await scene.cluster.get(lakekeeperAt('behind')))?.metadata.finalizers;
      expect(await finalizers()).toBeUndefined();
      await untilCondition('silent', 'Bootstrapped', 'False ServerNotReachable');
      await expect.poll(finalizers, soon).toHaveLength(1);
    });

    test('scaled to zero it is ready, and says why; what was true once keeps its generation', async () => {
      const generationOf = async (type: string) =>
        (await statusOf('first')).conditions.find((one: { type: string }) => one.type === type)
          .observedGeneration;
      const before = [await generationOf('Migrated'), await generationOf('Bootstrapped')];
      await apply('first', 'first', { replicas: 0 });
      await untilCondition('first', 'Ready', 'True ScaledToZero');
      await untilCondition('first', 'Degraded', 'False Healthy');
      expect([await generationOf('Migrated'), await generationOf('Bootstrapped')]).toEqual(before);
      expect(before[1]).toBeLessThan(await generationOf('Ready'));
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

    test('deleted while no operator runs, the resource stays, and its pods serve', async () => {
      await scene.operator.stop();
      await scene.cluster.delete(lakekeeperAt('stuck'));
      const found = await scene.cluster.get(lakekeeperAt('stuck'));
      expect(found?.metadata.deletionTimestamp).toBeDefined();
      expect(found?.metadata.finalizers).toEqual(['lakekeeper.k8s.lakekeeper.io/finalizer']);
      expect((await get('apps/v1', 'Deployment', 'stuck'))?.status.readyReplicas).toBe(1);
    });
  });
}
