import { describe, expect, test } from 'vitest';
import { kubernetesClient } from '../../../src/clients/kubernetes/kubernetes-client.ts';
import {
  type AwaitedState,
  awaitBootstrap,
  type BootstrapFailure,
  bootstrapState,
  bootstrapWatch,
} from '../../../src/registration/catalog/await-bootstrap.ts';
import type { Condition, JobObject, LakekeeperObject } from '../../../src/registration/kubernetes-objects.ts';
import { startKubernetesStandIn } from '../../support/kubernetes-stand-in.ts';

const condition = (
  type: string,
  status: 'True' | 'False',
  reason: string,
  observedGeneration = 2,
): Condition => ({ type, status, reason, message: `${reason} it says`, observedGeneration });
const ready = condition('Ready', 'True', 'MinimumReplicasAvailable');
const migrated = condition('Migrated', 'True', 'MigrationSucceeded');
const lakekeeper = (
  conditions: readonly Condition[],
  status: LakekeeperObject['status'] = {},
): LakekeeperObject => ({
  metadata: { name: 'acme', namespace: 'lakekeeper', uid: 'u', resourceVersion: '1', generation: 2 },
  status: { conditions, ...status },
});
const job = (status: NonNullable<JobObject['status']>): JobObject => ({
  metadata: { name: 'acme-migrate-1', namespace: 'lakekeeper', uid: 'j', resourceVersion: '1' },
  status,
});
const failedJob = job({
  failed: 1,
  conditions: [{ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded', message: 'too often' }],
});
const inProgress = [
  condition('Ready', 'False', 'MigrationInProgress'),
  condition('Migrated', 'False', 'MigrationInProgress'),
];
const migrationFailed = [
  condition('Ready', 'False', 'MigrationFailed'),
  condition('Migrated', 'False', 'MigrationFailed'),
  condition('Degraded', 'True', 'MigrationFailed'),
];
const at = '2026-01-01T00:00:00Z';

describe('where a catalog stands', () => {
  test.each<[string, LakekeeperObject, JobObject | undefined, string]>([
    ['no status yet', lakekeeper([]), undefined, 'waiting'],
    [
      'the Secret is new, the operator has not looked again',
      lakekeeper([
        condition('Ready', 'False', 'SecretValidationFailed'),
        condition('Degraded', 'True', 'SecretValidationFailed'),
      ]),
      undefined,
      'waiting',
    ],
    ['the migration runs', lakekeeper(inProgress), job({ active: 1 }), 'waiting'],
    ['the migration runs again after a pod failed', lakekeeper(inProgress), job({ failed: 2 }), 'waiting'],
    ['pods start', lakekeeper([migrated, condition('Ready', 'False', 'NoPodsReady')]), undefined, 'waiting'],
    ['ready, not bootstrapped', lakekeeper([ready, migrated]), undefined, 'waiting'],
    ['bootstrapped', lakekeeper([ready, migrated], { bootstrappedAt: at }), undefined, 'bootstrapped'],
    [
      'bootstrapped once, and the new version migrates',
      lakekeeper(inProgress, { bootstrappedAt: at }),
      undefined,
      'waiting',
    ],
    [
      'ready of the generation before',
      lakekeeper([{ ...ready, observedGeneration: 1 }], { bootstrappedAt: at }),
      undefined,
      'waiting',
    ],
    [
      'a failure of the generation before',
      lakekeeper(migrationFailed.map((one) => ({ ...one, observedGeneration: 1 }))),
      undefined,
      'waiting',
    ],
    [
      'ready, with a failed Job of earlier',
      lakekeeper([ready, migrated], { bootstrappedAt: at }),
      failedJob,
      'bootstrapped',
    ],
    ['migrated, with a failed Job of earlier', lakekeeper([migrated]), failedJob, 'waiting'],
    [
      'the operator could not read a Job that succeeded',
      lakekeeper(migrationFailed),
      job({ succeeded: 1 }),
      'wake',
    ],
    ['the operator could not read a Job that runs', lakekeeper(migrationFailed), job({ active: 1 }), 'wake'],
  ])('%s', (_, observed, migrationJob, state) => {
    expect(bootstrapState(observed, migrationJob)).toBe(state);
  });

  test('with authentication on, ready is enough: the operator never sees the bootstrap', () => {
    expect(bootstrapState(lakekeeper([ready, migrated]), undefined, 'ready')).toBe('bootstrapped');
    expect(bootstrapState(lakekeeper([migrated]), undefined, 'ready')).toBe('waiting');
  });

  test.each<[string, LakekeeperObject | undefined, JobObject | undefined, BootstrapFailure]>([
    [
      'a failed Job that the operator calls in progress',
      lakekeeper(inProgress),
      failedJob,
      {
        failed: 'BackoffLimitExceeded',
        message: 'the migration Job lakekeeper/acme-migrate-1 failed: BackoffLimitExceeded: too often',
        whereToLook:
          'kubectl -n lakekeeper logs job/acme-migrate-1; once its cause is gone: kubectl -n lakekeeper delete job acme-migrate-1',
      },
    ],
    [
      'a Job that failed three times, by the operator',
      lakekeeper(migrationFailed, { migrationJob: 'acme-migrate-1' }),
      job({ failed: 3 }),
      {
        failed: 'MigrationFailed',
        message: 'the operator reports that the migration failed: MigrationFailed: MigrationFailed it says',
        whereToLook:
          'kubectl -n lakekeeper logs job/acme-migrate-1; once its cause is gone: kubectl -n lakekeeper delete job acme-migrate-1',
      },
    ],
    [
      'scaled to zero',
      lakekeeper([condition('Ready', 'True', 'ScaledToZero')], { bootstrappedAt: at }),
      undefined,
      {
        failed: 'ScaledToZero',
        message: 'the catalog is scaled to zero replicas, so that there is no server to register with',
        whereToLook: 'kubectl -n lakekeeper describe lakekeeper acme',
      },
    ],
    [
      'gone',
      undefined,
      undefined,
      {
        failed: 'NotFound',
        message: 'the Lakekeeper resource is not there',
        whereToLook: 'the Argo CD application of the org',
      },
    ],
  ])('%s ends the wait', (_, observed, migrationJob, failure) => {
    expect(bootstrapState(observed, migrationJob)).toEqual(failure);
  });

  test('being deleted ends the wait', () => {
    const { metadata, ...rest } = lakekeeper([ready], { bootstrappedAt: at });
    const leaving = { ...rest, metadata: { ...metadata, deletionTimestamp: at } };
    expect(bootstrapState(leaving, undefined)).toMatchObject({ failed: 'BeingDeleted' });
  });
});

describe('waiting', () => {
  async function withCluster(
    work: (cluster: {
      say: (conditions: Condition[], status?: object) => void;
      job: (status: NonNullable<JobObject['status']>) => void;
      wait: (awaited?: AwaitedState, patienceMs?: number) => Promise<LakekeeperObject>;
      watching: () => Promise<void>;
      standIn: Awaited<ReturnType<typeof startKubernetesStandIn>>;
      progress: string[];
      stop: AbortController;
    }) => Promise<void>,
  ) {
    const standIn = await startKubernetesStandIn();
    const stop = new AbortController();
    const progress: string[] = [];
    const client = kubernetesClient(
      {
        server: standIn.server,
        options: async () => ({ headers: { authorization: 'Bearer admin-token' } }),
      },
      { wait: async () => {} },
    );
    const name = { namespace: 'lakekeeper', name: 'acme' };
    try {
      await work({
        say: (conditions, status = {}) => {
          const at1 = conditions.map((one) => ({ ...one, observedGeneration: 1 }));
          const { metadata } = standIn.get('lakekeepers', 'lakekeeper', 'acme') ?? { metadata: name };
          standIn.put('lakekeepers', { metadata, status: { conditions: at1, ...status } });
        },
        job: (status) =>
          void standIn.put('jobs', { metadata: { ...name, name: 'acme-migrate-1' }, status: { ...status } }),
        wait: (awaited = 'bootstrapped', patienceMs = 60_000) =>
          awaitBootstrap(bootstrapWatch(client, name, 'acme-migrate-1'), {
            awaited,
            patienceMs,
            signal: stop.signal,
            progress: (text) => progress.push(text),
          }),
        watching: () => expect.poll(() => standIn.watches).toBe(2),
        standIn,
        progress,
        stop,
      });
      // No connection is left behind.
      await expect.poll(() => standIn.watches).toBe(0);
    } finally {
      await standIn[Symbol.asyncDispose]();
    }
  }

  test('ends when the operator says bootstrapped, and tells what it says on the way', () =>
    withCluster(async ({ say, wait, watching, progress, standIn }) => {
      say([condition('Ready', 'False', 'SecretValidationFailed')]);
      const waiting = wait();
      await watching();
      say(inProgress);
      standIn.endWatches('cut');
      say([ready, migrated], { bootstrappedAt: at });
      expect((await waiting).status?.bootstrappedAt).toBe(at);
      expect(progress[0]).toBe('Ready=False (SecretValidationFailed: SecretValidationFailed it says)');
    }));

  test('ends with the reason of the Job while the operator goes on saying that it is in progress', () =>
    withCluster(async ({ say, job: setJob, wait, watching }) => {
      say(inProgress);
      setJob({ active: 1 });
      const waiting = wait();
      await watching();
      setJob(failedJob.status ?? {});
      await expect(waiting).rejects.toMatchObject({
        name: 'PermanentError',
        message: expect.stringMatching(
          /BackoffLimitExceeded: too often.*kubectl -n lakekeeper logs job\/acme-migrate-1/,
        ),
      });
    }));

  test('wakes an operator that took a failed look at the Job for a failed migration, once', () =>
    withCluster(async ({ say, job: setJob, wait, standIn, progress }) => {
      say(migrationFailed);
      setJob({ succeeded: 1 });
      const waiting = wait();
      const patches = () => standIn.requests.filter(({ verb }) => verb === 'patch');
      await expect.poll(() => patches().length).toBe(1);
      say([...migrationFailed, condition('Bootstrapped', 'False', 'ServerNotReachable')]);
      await expect.poll(() => progress.some((text) => text.includes('ServerNotReachable'))).toBe(true);
      say([ready, migrated], { bootstrappedAt: at });
      await waiting;
      expect(patches()).toHaveLength(1);
    }));

  test('wakes an operator again that goes on missing the Secret, until it has seen it', () =>
    withCluster(async ({ say, wait, standIn }) => {
      say([condition('Ready', 'False', 'SecretValidationFailed')]);
      const waiting = wait('bootstrapped', 5);
      const patches = () => standIn.requests.filter(({ verb }) => verb === 'patch');
      // Each time for another occasion: for the same one nobody is woken.
      await expect.poll(() => patches().length).toBeGreaterThan(2);
      say(inProgress);
      const { length } = patches();
      say([ready, migrated], { bootstrappedAt: at });
      await waiting;
      expect(patches().length - length).toBeLessThanOrEqual(1);
      const occasions = patches().map(({ body }) => JSON.stringify(body));
      expect(new Set(occasions).size).toBe(occasions.length);
    }));

  test('that is stopped by a deadline says what was last seen, and may be tried again', () =>
    withCluster(async ({ say, wait, watching, stop, progress }) => {
      say(inProgress);
      const waiting = wait('ready');
      await watching();
      await expect.poll(() => progress.length).toBe(1);
      stop.abort(new Error('the deadline of 10 minutes is over'));
      const error = await waiting.catch((e: unknown) => e);
      expect(error).toMatchObject({
        message: expect.stringMatching(/until the catalog is ready; last seen: .*MigrationInProgress/),
        cause: { message: 'the deadline of 10 minutes is over' },
      });
      expect(error).not.toMatchObject({ name: 'PermanentError' });
    }));
});
