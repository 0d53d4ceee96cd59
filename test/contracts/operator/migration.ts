import { expect, test } from 'vitest';
import { migrationJobName } from '../../../src/catalog/migration-job.ts';
import type { ClusterObject } from '../../e2e/support/cluster.ts';
import { type Catalogs, image, type Spec, soon } from './catalogs.ts';

/** Migrations: when they run, how they fail, and what happens when their Job goes. */
export function migrationContract(catalogs: Catalogs): void {
  const {
    namespace,
    address,
    lakekeeperAt,
    get,
    sql,
    makeDatabase,
    writeSecret,
    apply,
    jobOf,
    condition,
    untilCondition,
    messageOf,
    statusOf,
  } = catalogs;

  test('a migration that cannot log in never lets the server start, and its Job says so', async () => {
    const role = await makeDatabase('wrong');
    await writeSecret('wrong', role, 'not-the-password');
    const spec = await apply('wrong', role);
    const failed = async () =>
      (await jobOf('wrong', spec))?.status?.conditions?.find(
        ({ type }: { type: string }) => type === 'Failed',
      );
    await expect.poll(failed, soon).toMatchObject({ status: 'True', reason: 'BackoffLimitExceeded' });
    // It counts failed pods, of which there is one, and does not read the Job's conditions: it says for ever that the
    // migration runs.
    expect(await condition('wrong', 'Migrated')).toBe('False MigrationInProgress');
    expect(await condition('wrong', 'Ready')).toBe('False MigrationInProgress');
    const pods = await catalogs.scene.cluster.list({ apiVersion: 'v1', kind: 'Pod' }, namespace);
    expect(pods.filter(({ metadata }) => metadata.name.startsWith('wrong-migrate'))).toEqual([]);
    expect(await get('apps/v1', 'Deployment', 'wrong')).toBeUndefined();
  });

  test('when that Job goes, as its TTL makes it, the migration is tried again', async () => {
    await sql(`ALTER ROLE wrong PASSWORD 'not-the-password'`);
    const { spec } = (await catalogs.scene.cluster.get(lakekeeperAt('wrong'))) as ClusterObject;
    const failed = (await jobOf('wrong', spec as Spec)) as ClusterObject;
    await catalogs.scene.cluster.delete(failed);
    await untilCondition('wrong', 'Bootstrapped', 'True Bootstrapped');
    expect((await jobOf('wrong', spec as Spec))?.metadata.uid).not.toBe(failed.metadata.uid);
  });

  test('three failures of the Job are final, and are all that is said then', async () => {
    const role = await makeDatabase('thrice');
    const spec = await apply('thrice', role);
    // Of its own making the Job would begin over again: the Secret is there only when the Job has failed.
    const name = migrationJobName('thrice', { image, ...spec.database.postgres });
    const pod = { restartPolicy: 'Never', containers: [{ name: 'a', image: 'nothing:1' }] };
    await catalogs.scene.cluster.create({
      ...address('batch/v1', 'Job', name),
      spec: { suspend: true, template: { spec: pod } },
    });
    await catalogs.scene.cluster.patch(address('batch/v1', 'Job', name), { status: { failed: 3 } }, 'status');
    await writeSecret('thrice', role);
    await catalogs.scene.cluster.patch(lakekeeperAt('thrice'), { metadata: { annotations: { wake: 'up' } } });
    await untilCondition('thrice', 'Migrated', 'False MigrationFailed');
    expect(await condition('thrice', 'Ready')).toBe('False MigrationFailed');
    expect(await condition('thrice', 'Degraded')).toBe('True MigrationFailed');
  });

  test('and are taken back when the Job succeeds after all', async () => {
    const { spec } = (await catalogs.scene.cluster.get(lakekeeperAt('thrice'))) as ClusterObject;
    const job = (await jobOf('thrice', spec as Spec)) as ClusterObject;
    await catalogs.scene.cluster.patch(job, { status: { succeeded: 1 } }, 'status');
    // Its own Job would wake it.
    await catalogs.scene.cluster.patch(lakekeeperAt('thrice'), {
      metadata: { annotations: { wake: 'again' } },
    });
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
    expect(await messageOf('first', 'Migrated')).toBe(`Migration Job ${migrationJob} completed successfully`);
  });

  test('when that Job goes, the former image migrates, though nothing was changed', async () => {
    const { spec } = (await catalogs.scene.cluster.get(lakekeeperAt('first'))) as ClusterObject;
    const former = (await jobOf('first', spec as Spec)) as ClusterObject;
    await catalogs.scene.cluster.delete(former);
    await expect.poll(async () => (await statusOf('first')).migrationJob, soon).toBe(former.metadata.name);
    await untilCondition('first', 'Ready', 'True MinimumReplicasAvailable');
    expect((await jobOf('first', spec as Spec))?.metadata.uid).not.toBe(former.metadata.uid);
  });
}
