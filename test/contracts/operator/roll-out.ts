import { expect, test } from 'vitest';
import type { ClusterObject } from '../../e2e/support/cluster.ts';
import { type Catalogs, soon } from './catalogs.ts';

/** What the status says of a roll-out, and what a look writes. */
export function rollOutContract(catalogs: Catalogs): void {
  const {
    namespace,
    address,
    condition,
    lakekeeperAt,
    apply,
    start,
    jobOf,
    untilCondition,
    messageOf,
    settled,
    writesOf,
    statusOf,
  } = catalogs;

  test('ready is true at the new generation although the new pods have not started', async () => {
    await start('stuck');
    await untilCondition('stuck', 'Bootstrapped', 'True Bootstrapped');
    const spec = await apply('stuck', 'stuck', {
      image: 'registry.example.com/nobody-runs/mirror:v0.13.3',
    });
    await expect.poll(() => jobOf('stuck', spec), soon).toBeDefined();
    await catalogs.scene.cluster.patch(
      (await jobOf('stuck', spec)) as ClusterObject,
      { status: { succeeded: 1 } },
      'status',
    );
    await expect.poll(async () => (await statusOf('stuck')).replicas, soon).toBe(2);
    await untilCondition('stuck', 'Ready', 'True MinimumReplicasAvailable');
    expect((await catalogs.scene.cluster.get(lakekeeperAt('stuck')))?.spec.replicas).toBe(1);
    expect((await statusOf('stuck')).observedGeneration).toBe(2);
  });

  test('a look at a catalog that is in order is four writes, which change nothing', async () => {
    const objects = [
      address('apps/v1', 'Deployment', 'first'),
      address('v1', 'Service', 'first'),
      address('v1', 'Service', 'first-metrics'),
    ];
    const versions = () =>
      Promise.all(
        objects.map(async (object) => (await catalogs.scene.cluster.get(object))?.metadata.resourceVersion),
      );
    await untilCondition('first', 'Ready', 'True MinimumReplicasAvailable');
    await expect
      .poll(async () => (await catalogs.scene.cluster.get(objects[0] as never))?.status.updatedReplicas, soon)
      .toBe(1);
    await settled('first');
    const before = await versions();
    const { length: written } = writesOf('first');
    await catalogs.scene.cluster.patch(lakekeeperAt('first'), {
      metadata: { annotations: { look: 'again' } },
    });
    // One worker: what comes after it in the queue is seen after it.
    await start('after-the-look');
    await untilCondition('after-the-look', 'Ready', 'False MigrationInProgress');
    expect(await versions()).toEqual(before);
    expect(writesOf('first').slice(written)).toEqual([
      'PUT deployments/first',
      'PUT services/first',
      'PUT services/first-metrics',
      'PUT lakekeepers/first/status',
    ]);
  });

  test('a conflict shows as DeploymentReconciliationFailed, in these words, and passes by itself', async () => {
    const { cluster, operatorWatches } = catalogs.scene;
    operatorWatches.hold('deployments');
    await cluster.patch(address('apps/v1', 'Deployment', 'first'), {
      metadata: { annotations: { changed: 'by a controller' } },
    });
    await cluster.patch(lakekeeperAt('first'), { metadata: { annotations: { look: 'while out of date' } } });
    await untilCondition('first', 'Degraded', 'True DeploymentReconciliationFailed');
    expect(await condition('first', 'Ready')).toBe('False DeploymentReconciliationFailed');
    const because =
      'the object has been modified; please apply your changes to the latest version and try again';
    const conflict = `Operation cannot be fulfilled on deployments.apps "first": ${because}`;
    expect(await messageOf('first', 'Degraded')).toBe(`failed to reconcile deployment: ${conflict}`);
    operatorWatches.release();
    await untilCondition('first', 'Ready', 'True MinimumReplicasAvailable');
    await untilCondition('first', 'Degraded', 'False Healthy');
  });

  test('an object of the same name that another one owns is refused, and stays so', async () => {
    const root = address('v1', 'ConfigMap', 'kube-root-ca.crt');
    await expect.poll(() => catalogs.scene.cluster.get(root), soon).toBeDefined();
    const uid = (await catalogs.scene.cluster.get(root))?.metadata.uid ?? '';
    const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'kube-root-ca.crt', uid, controller: true };
    await catalogs.scene.cluster.create({
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
}
