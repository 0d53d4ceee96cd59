import { expect, test } from 'vitest';
import { type Catalogs, image, soon } from './catalogs.ts';

/** What the operator makes of a catalog in order: Deployment, Services, environment. */
export function servingContract(catalogs: Catalogs): void {
  const {
    address,
    lakekeeperAt,
    get,
    makeDatabase,
    writeSecret,
    specOf,
    apply,
    start,
    jobOf,
    condition,
    untilCondition,
    statusOf,
    environmentOf,
  } = catalogs;
  const fromSecret = (name: string, key: string) => ({ secretKeyRef: { name, key } });

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
    const owner = (await catalogs.scene.cluster.get(lakekeeperAt('first')))?.metadata.uid;
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
    await catalogs.scene.cluster.patch(deployment, {
      spec: { template: { spec: { serviceAccountName: 'other' } } },
    });
    await expect
      .poll(
        async () => (await catalogs.scene.cluster.get(deployment))?.spec.template.spec.serviceAccountName,
        soon,
      )
      .toBeUndefined();
  });

  test('its finalizer is added by an update of the whole resource: quantities become canonical', async () => {
    const resources = {
      requests: { cpu: '0.5', memory: '1024Mi' },
      limits: { cpu: '1000m', memory: '1.5Gi' },
    };
    await apply('quantities', 'quantities', { resources });
    const found = () => catalogs.scene.cluster.get(lakekeeperAt('quantities'));
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
}
