import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { kubernetesClient } from '../../../../src/clients/kubernetes/kubernetes-client.ts';
import type { RegistrationAction } from '../../../../src/registration/actions.ts';
import { awaitCatalog } from '../../../../src/registration/catalog/roll-out/apply.ts';
import { type KubernetesStandIn, startKubernetesStandIn } from '../../../support/kubernetes-stand-in.ts';
import { say, saySecretMissing } from '../../../support/operate.ts';
import { podsOf, replaceEvicted, rollOut, startedWith, startPod } from '../../../support/roll-out.ts';

const at = { namespace: 'lakekeeper', name: 'acme' };
let cluster: KubernetesStandIn;
let catalog: { cluster: KubernetesStandIn; namespace: string; name: string };
let progress: string[];
let actions: RegistrationAction[];
let stop: AbortController;
beforeEach(async () => {
  cluster = await startKubernetesStandIn();
  catalog = { cluster, ...at };
  progress = [];
  actions = [];
  stop = new AbortController();
  cluster.put('lakekeepers', { metadata: { ...at } });
});
afterEach(async () => {
  stop.abort();
  // No connection is left behind.
  await expect.poll(() => cluster.watches).toBe(0);
  await cluster[Symbol.asyncDispose]();
});

const awaits = (changedAt = 0, reconcilePauseMs = 60_000) => {
  const options = async () => ({ headers: { authorization: 'Bearer admin-token' } });
  const client = kubernetesClient({ server: cluster.server, options }, { wait: async () => {}, attempts: 1 });
  const means = { operatorReports: 'bootstrapped', startValuesChangedAt: changedAt } as const;
  return awaitCatalog(client, { ...at, migrationJob: 'acme-migrate-1' }, means, {
    signal: stop.signal,
    onAction: (action) => actions.push(action),
    progress: (text) => progress.push(text),
    reconcilePauseMs,
  });
};
const watching = () => expect.poll(() => cluster.watches).toBe(4);
const requests = () =>
  cluster.requests.filter(({ verb, plural }) => verb === 'patch' && plural === 'lakekeepers');
const ready = ['Ready', 'True', 'MinimumReplicasAvailable', '2/2 pods ready'] as const;
const migrated = [
  'Migrated',
  'True',
  'MigrationSucceeded',
  'Migration Job acme-migrate-1 completed successfully',
] as const;
const sayReady = () => say(catalog, [ready, migrated], { bootstrappedAt: '2026-01-01T00:00:00Z' });
const sayMigrating = () =>
  say(catalog, [
    ['Migrated', 'False', 'MigrationInProgress', 'Migration Job acme-migrate-1 is running'],
    ['Ready', 'False', 'MigrationInProgress', 'Waiting for migration to complete'],
  ]);
const now = () =>
  Date.parse(
    String(
      cluster.put('configmaps', { metadata: { ...at, stamp: Math.random() } }).metadata.creationTimestamp,
    ),
  );

describe('waiting', () => {
  test('ends when the catalog is settled, reports what it waits for, and survives broken watches', async () => {
    sayMigrating();
    const waiting = awaits();
    await watching();
    cluster.endWatches('cut');
    rollOut(catalog, 2);
    sayReady();
    await waiting;
    expect(progress[0]).toBe(
      'the operator says MigrationInProgress: Migration Job acme-migrate-1 is running',
    );
    expect(requests()).toEqual([]);
  });

  test('goes on while the Deployment rolls out, though the operator says ready at its new generation', async () => {
    rollOut(catalog, 2);
    const complete = cluster.get('deployments', at.namespace, at.name) ?? expect.unreachable();
    const status = { ...(complete.status as object), updatedReplicas: 1, replicas: 3 };
    cluster.put('deployments', { ...complete, status });
    sayReady();
    let isSettled = false;
    const waiting = awaits().then(() => {
      isSettled = true;
    });
    await expect.poll(() => progress).toContainEqual(expect.stringContaining('1 of 2 pods updated'));
    expect(isSettled).toBe(false);
    cluster.put('deployments', complete);
    await waiting;
  });

  test('ends with the reason of the Job while the operator goes on saying that it is in progress', async () => {
    sayMigrating();
    cluster.put('jobs', { metadata: { ...at, name: 'acme-migrate-1' }, status: { active: 1 } });
    const waiting = awaits();
    await watching();
    const conditions = [
      { type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded', message: 'too often' },
    ];
    cluster.put('jobs', { metadata: { ...at, name: 'acme-migrate-1' }, status: { failed: 1, conditions } });
    await expect(waiting).rejects.toMatchObject({
      name: 'PermanentError',
      message: expect.stringMatching(
        /BackoffLimitExceeded: too often.*delete job acme-migrate-1, then .*logs -f/,
      ),
    });
  });

  test('that is stopped by a deadline says what was last seen, and may be tried again', async () => {
    sayMigrating();
    const waiting = awaits();
    await watching();
    await expect.poll(() => progress.length).toBe(1);
    stop.abort(new Error('the deadline of 10 minutes is over'));
    const error = await waiting.catch((e: unknown) => e);
    expect(error).toMatchObject({
      message: expect.stringMatching(/last seen: the operator says MigrationInProgress.*Run register again/),
      cause: { message: 'the deadline of 10 minutes is over' },
    });
    expect(error).not.toMatchObject({ name: 'PermanentError' });
  });
});

describe('the operator', () => {
  test('is asked again while it goes on missing our Secret, and no more once it has seen it', async () => {
    saySecretMissing(catalog);
    const waiting = awaits(0, 5);
    await expect.poll(() => requests().length).toBeGreaterThan(2);
    sayMigrating();
    await expect.poll(() => progress.length).toBe(2);
    const { length } = requests();
    rollOut(catalog, 1);
    sayReady();
    await waiting;
    expect(requests()).toHaveLength(length);
    expect(actions.map(({ kind }) => kind)).toEqual(Array(length).fill('requestReconcile'));
  });

  test('is asked once for a Secret that registration does not write, however long it is missing', async () => {
    const message = 'secret nobodys-ca not found in namespace lakekeeper';
    say(catalog, [
      ['Degraded', 'True', 'SecretValidationFailed', message],
      ['Ready', 'False', 'SecretValidationFailed', 'Required secrets are missing or inaccessible'],
    ]);
    const waiting = awaits(0, 1);
    await watching();
    await expect.poll(() => requests().length).toBe(1);
    // Each change is looked at.
    for (let n = 1; n <= 3; n++) {
      cluster.put('pods', { metadata: { ...at, name: `other-${n}`, labels: podLabels } });
      await new Promise(setImmediate);
    }
    stop.abort(new Error('deadline'));
    await expect(waiting).rejects.toThrow(
      /the Secret lakekeeper\/nobodys-ca, which registration does not write/,
    );
    expect(requests()).toHaveLength(1);
  });
});

const podLabels = {
  'app.kubernetes.io/name': 'lakekeeper',
  'app.kubernetes.io/instance': 'acme',
  'app.kubernetes.io/managed-by': 'lakekeeper-operator',
};
const putSecret = (password: string) =>
  cluster.put('secrets', {
    metadata: { ...at },
    data: { 'db-password': Buffer.from(password).toString('base64') },
  });
const passwords = () => startedWith(catalog).map((values) => values['db-password']);
const evictions = () => cluster.requests.filter(({ subresource }) => subresource === 'eviction');

describe('pods with former values', () => {
  beforeEach(() => {
    putSecret('former');
    rollOut(catalog, 2);
    sayReady();
    putSecret('present');
  });

  test('are replaced one at a time, when as many are ready as the settings want, and no others', async () => {
    const changedAt = now();
    startPod({ ...catalog, name: 'acme-neighbour' });
    const readyAtEviction: number[] = [];
    cluster.faults.push(({ subresource }) => {
      const isReady = (pod: object) => JSON.stringify(pod).includes('"Ready","status":"True"');
      if (subresource === 'eviction')
        readyAtEviction.push(podsOf(catalog).filter((pod) => isReady(pod) && pod.metadata.labels).length);
      return undefined;
    });
    replaceEvicted(cluster);
    await awaits(changedAt);
    expect(passwords().filter((password) => password === 'former')).toEqual([]);
    expect(evictions()).toHaveLength(2);
    expect(Math.min(...readyAtEviction)).toBeGreaterThanOrEqual(2);
    expect(actions).toEqual([{ kind: 'replacePods', object: 'lakekeeper/acme', detail: '2 in all' }]);
  });

  test('a replacement that is slow to be ready is awaited before the next one goes', async () => {
    const changedAt = now();
    const waiting = awaits(changedAt);
    await expect.poll(() => podsOf(catalog).length).toBe(1);
    const slow = startPod(catalog, false);
    await expect
      .poll(() => progress)
      .toContainEqual(expect.stringContaining(`not ready: ${slow.metadata.name}`));
    expect(evictions()).toHaveLength(1);
    cluster.put('pods', { ...slow, status: { conditions: [{ type: 'Ready', status: 'True' }] } });
    await expect.poll(() => podsOf(catalog).length).toBe(1);
    startPod(catalog);
    await waiting;
    expect(passwords()).toEqual(['present', 'present']);
  });

  test('while a disruption budget forbids it, it goes on waiting', async () => {
    const changedAt = now();
    replaceEvicted(cluster);
    const answers = [429, 429, 429];
    cluster.faults.push(({ subresource }) => {
      const code = subresource === 'eviction' ? answers.shift() : undefined;
      return code === undefined ? undefined : { code };
    });
    await awaits(changedAt, 5);
    expect(passwords()).toEqual(['present', 'present']);
    expect(answers).toEqual([]);
  });

  test('two runs at once never take two pods that serve', async () => {
    const changedAt = now();
    replaceEvicted(cluster);
    let fewest = 2;
    cluster.faults.push(() => {
      fewest = Math.min(fewest, podsOf(catalog).length);
      return undefined;
    });
    await Promise.all([awaits(changedAt), awaits(changedAt)]);
    expect(passwords()).toEqual(['present', 'present']);
    expect(fewest).toBeGreaterThanOrEqual(1);
  });

  test('a run that is ended meanwhile says how many it replaced', async () => {
    const waiting = awaits(now());
    await expect.poll(() => evictions().length).toBe(1);
    await expect.poll(() => podsOf(catalog).length).toBe(1);
    stop.abort(new Error('deadline'));
    await expect(waiting).rejects.toThrow('stopped while waiting');
    expect(actions).toMatchObject([{ kind: 'replacePods', detail: '1 in all' }]);
  });
});
