import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { migrationJobName } from '../../../../src/catalog/migration-job.ts';
import type {
  DeploymentObject,
  ObservedCatalog,
  PodObject,
} from '../../../../src/registration/catalog/roll-out/observe.ts';
import { currentCondition } from '../../../../src/registration/catalog/roll-out/operator-conditions.ts';
import {
  deploymentConditions,
  operatorReasons,
  outcomeOfReason,
} from '../../../../src/registration/catalog/roll-out/operator-reasons.ts';
import {
  isNewerThanValues,
  isSameRollOut,
  planCatalog,
  showsNoFormerPod,
} from '../../../../src/registration/catalog/roll-out/plan.ts';
import type {
  Condition,
  JobObject,
  LakekeeperObject,
} from '../../../../src/registration/objects/operator-objects.ts';
import { recordedMessages, recordedStates } from '../../../support/operator-recordings.ts';

// biome-ignore lint/suspicious/noExplicitAny: objects of several kinds.
function documents(state: string, file: string): any[] {
  const path = `test/contracts/recordings/operator/${state}/${file}`;
  if (!existsSync(path)) return [];
  return parseAllDocuments(readFileSync(path, 'utf8'))
    .map((document) => document.toJS())
    .filter((object) => object !== null);
}

/** What the real API server had while the real operator was in a state. */
function recorded(state: string): ObservedCatalog {
  const [lakekeeper] = documents(state, 'lakekeeper.yaml') as (LakekeeperObject & {
    spec: { image: string; database: { postgres: { host: string; port: number; database: string } } };
  })[];
  const objects = documents(state, 'objects.yaml');
  const job =
    lakekeeper &&
    migrationJobName(lakekeeper.metadata.name, {
      image: lakekeeper.spec.image,
      ...lakekeeper.spec.database.postgres,
    });
  return {
    lakekeeper,
    migrationJob: objects.find(({ kind, metadata }) => kind === 'Job' && metadata.name === job),
    deployment: objects.find(({ kind }) => kind === 'Deployment'),
    pods: documents(state, 'pods.yaml').filter(
      ({ metadata }) => metadata.labels['app.kubernetes.io/managed-by'] === 'lakekeeper-operator',
    ),
  };
}

const longAgo = Date.parse('2026-01-01T00:00:00Z');
const plan = (
  observed: ObservedCatalog,
  changedAt = longAgo,
  operatorReports: 'bootstrapped' | 'ready' = 'bootstrapped',
) => planCatalog(observed, { operatorReports, startValuesChangedAt: changedAt });
const inWords = (observed: ObservedCatalog, changedAt = longAgo) => {
  const step = plan(observed, changedAt);
  if (step.kind === 'replacePod') return `replace ${step.pod.metadata.name}`;
  if (step.kind === 'settled') return 'settled';
  return `${step.kind}: ${step.kind === 'fail' ? step.message : step.for}`;
};

describe('in the states that the real operator was recorded in', () => {
  test.each([
    ['01-secret-missing', 'requestReconcile: the operator has not seen the Secret recording/acme yet'],
    ['02-secret-key-missing', 'requestReconcile: the operator has not seen the Secret recording/acme yet'],
    [
      '03-migrating',
      'wait: the operator says MigrationInProgress: Migration Job acme-migrate-f9cc3f9b is running',
    ],
    ['04-ready', 'settled'],
    [
      '05-no-pod-ready',
      'wait: pods start: 1 of 1 pods updated, 0 available; not ready: acme-88695b9f9-97p8c',
    ],
    ['07-two-replicas', 'settled'],
    [
      '08-upgrade-migrating',
      'wait: the operator says MigrationInProgress: Migration Job acme-migrate-f04fc18d is running',
    ],
    ['09-upgraded', 'settled'],
    [
      '12-upgrade-whose-pods-do-not-come',
      'wait: the Deployment is rolling out: 1 of 1 pods updated, 1 available; not ready: globex-686ff7ddbb-jdd59',
    ],
    [
      '13-waiting-for-bootstrap',
      'wait: the operator says NotBootstrapped: Lakekeeper server is not bootstrapped. Set ' +
        'spec.bootstrap.enabled=true to bootstrap automatically.',
    ],
    [
      '14-server-not-reachable',
      'wait: the operator says ServerNotReachable: Lakekeeper is not yet reachable',
    ],
    ['18-authentication-on', 'wait: the operator says ServerNotReachable: Lakekeeper is not yet reachable'],
    ['21-migration-failed-and-then-succeeded', expect.stringMatching(/^wait: /)],
    [
      '22-migration-job-refused',
      expect.stringMatching(
        /^wait: the operator says MigrationJobCreationFailed: .*no more than 63 bytes \(read the message of the API server; /,
      ),
    ],
    [
      '23-deployment-refused',
      expect.stringMatching(
        /^wait: the operator says DeploymentReconciliationFailed: .*already owned by another ConfigMap/,
      ),
    ],
    [
      '24-service-refused',
      expect.stringMatching(/^wait: the operator says ServiceReconciliationFailed: .*metrics service/),
    ],
    [
      '27-another-secret-missing',
      'requestReconcile: the operator misses the Secret recording/nobodys-ca, which registration ' +
        'does not write: make it, and run register again',
    ],
  ])('%s', (state, words) => {
    expect(inWords(recorded(state))).toEqual(words);
  });

  test('with authentication on, ready is enough: the operator never sees the bootstrap', () => {
    expect(plan(recorded('18-authentication-on'), longAgo, 'ready')).toEqual({ kind: 'settled' });
  });

  test.each([
    ['19-migration-job-failed', 'wrong-password-migrate-26e3d131'],
    ['30-database-unreachable', 'unreachable-migrate-27b1e5cf'],
    ['31-database-unreachable-for-longer-than-the-ttl', 'unreachable-migrate-27b1e5cf'],
  ])(
    '%s: ends, while the operator goes on to say MigrationInProgress; its log is gone with its pod',
    (state, job) => {
      expect(plan(recorded(state))).toEqual({
        kind: 'fail',
        message:
          `the migration Job recording/${job} failed: BackoffLimitExceeded: Job has reached the ` +
          'specified backoff limit. Its pod is gone with its log; run the migration again and watch ' +
          `it: kubectl -n recording delete job ${job}, then kubectl -n recording logs -f job/${job}`,
      });
    },
  );

  test('20-migration-failed: ends, in the words of the operator', () => {
    expect(inWords(recorded('20-migration-failed'))).toMatch(
      /^fail: the operator reports that the migration failed: .*delete job evicted-migrate-db74822c, then/,
    );
  });

  test.each([
    ['06-scaled-to-zero', 'fail: the catalog is scaled to zero replicas'],
    ['28-deleted', 'fail: the Lakekeeper resource does not exist; check the Argo CD Application'],
    ['29-deleted-while-the-operator-is-away', 'fail: the Lakekeeper resource is being deleted'],
  ])('%s: ends', (state, words) => {
    expect(inWords(recorded(state))).toContain(words);
  });

  test('the Secret that nobody else is asked for is asked for once, our own until it is seen', () => {
    expect(plan(recorded('27-another-secret-missing'))).toMatchObject({ isRepeated: false });
    expect(plan(recorded('01-secret-missing'))).toMatchObject({ isRepeated: true });
  });
});

const upgraded = recorded('09-upgraded');
const change = (
  observed: ObservedCatalog,
  { deployment = {}, pods = observed.pods }: { deployment?: object; pods?: readonly PodObject[] },
): ObservedCatalog => ({
  ...observed,
  deployment: {
    ...observed.deployment,
    status: { ...observed.deployment?.status, ...deployment },
  } as DeploymentObject,
  pods,
});
const unready = (pod: PodObject): PodObject => ({
  ...pod,
  status: { ...pod.status, conditions: [{ type: 'Ready', status: 'False' } as Condition] },
});
const leaving = (pod: PodObject): PodObject => ({
  ...pod,
  metadata: { ...pod.metadata, deletionTimestamp: '2026-11-30T01:43:00Z' },
});
const [first, second] = upgraded.pods as [PodObject, PodObject];
const former: PodObject = { ...first, metadata: { ...first.metadata, name: 'former', uid: 'former' } };

describe('the table of reasons', () => {
  test('has every reason that was recorded of a catalog that is not ready', () => {
    const good = [
      'Ready True MinimumReplicasAvailable',
      'Migrated True MigrationSucceeded',
      'Bootstrapped True Bootstrapped',
      'Degraded False Healthy',
      'ConfigWarning False NoUnimplementedFields',
      'ConfigWarning True UnimplementedFieldsConfigured',
    ];
    const seen = recordedMessages().filter(
      ({ type, status, reason }) => !good.includes(`${type} ${status} ${reason}`),
    );
    expect(seen.length).toBeGreaterThan(20);
    for (const { reason } of seen) expect(operatorReasons).toHaveProperty([reason]);
    const reasons = new Set(seen.map(({ reason }) => reason));
    expect(Object.keys(operatorReasons).filter((reason) => !reasons.has(reason))).toEqual([]);
  });

  test('decides in every recorded state: it fails only when a person is needed', () => {
    for (const state of recordedStates) {
      const observed = recorded(state);
      const { lakekeeper, migrationJob } = observed;
      if (lakekeeper === undefined) continue;
      const current = ['Ready', 'Migrated', 'Degraded'].map((type) => currentCondition(lakekeeper, type));
      const isMigrated = lakekeeper.status?.conditions?.some(
        ({ type, status }) => type === 'Migrated' && status === 'True',
      );
      const isJobFailed = migrationJob?.status?.conditions?.some(
        ({ type, status }) => type === 'Failed' && status === 'True',
      );
      const needsPerson =
        current.some((one) => one && outcomeOfReason(one.reason).outcome === 'needs a person') ||
        (isJobFailed && !isMigrated);
      expect([state, plan(observed).kind === 'fail']).toEqual([
        state,
        needsPerson || lakekeeper.metadata.deletionTimestamp !== undefined,
      ]);
    }
  });
});

describe('a roll-out counts when it has finished', () => {
  test.each([
    ['its generation is not observed yet', { deployment: { observedGeneration: 3 } }, 'has not begun'],
    ['not all pods are updated', { deployment: { updatedReplicas: 1 } }, '1 of 2 pods updated'],
    ['a surge pod is still there', { deployment: { replicas: 3 } }, 'the Deployment is rolling out'],
    [
      'not all pods are available',
      { deployment: { availableReplicas: 1 } },
      '2 of 2 pods updated, 1 available',
    ],
    ['a former pod is about to go and serves', { pods: [...upgraded.pods, leaving(former)] }, 'still serve'],
  ])('%s: wait', (_, changes, words) => {
    expect(inWords(change(upgraded, changes))).toMatch(new RegExp(`^wait: .*${words}`));
  });

  test('a pod that is about to go and is not ready serves nobody: its node may be dead', () => {
    expect(plan(change(upgraded, { pods: [...upgraded.pods, leaving(unready(former))] }))).toEqual({
      kind: 'settled',
    });
  });

  test('what Kubernetes says of a roll-out that makes no progress is said', () => {
    const conditions = [
      { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'timed out' },
    ];
    const stuck = change(upgraded, { deployment: { updatedReplicas: 1, conditions } });
    expect(inWords(stuck)).toContain('ProgressDeadlineExceeded: timed out');
  });

  test('why Kubernetes cannot create the pods is said, with what to do', () => {
    const message = 'pods "acme-7d9f" is forbidden: exceeded quota: few';
    const conditions = [
      { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable', message: '' },
      { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message },
    ];
    const refused = change(upgraded, { deployment: { updatedReplicas: 1, conditions } });
    expect(inWords(refused)).toMatch(
      /^wait: .*, FailedCreate: pods "acme-7d9f" is forbidden: exceeded quota: few/,
    );
    expect(inWords(refused)).toContain(deploymentConditions.ReplicaFailure.whatToDo);
    const over = change(upgraded, {
      deployment: { updatedReplicas: 1, conditions: [{ ...conditions[1], status: 'False' }] },
    });
    expect(inWords(over)).not.toContain('FailedCreate');
  });

  test('without a Deployment, or when the resource has changed since: wait', () => {
    expect(inWords({ ...upgraded, deployment: undefined })).toMatch(/^wait: .*has not made the Deployment/);
    const { lakekeeper } = upgraded as { lakekeeper: LakekeeperObject };
    const newer = { ...lakekeeper, metadata: { ...lakekeeper.metadata, generation: 5 } };
    expect(inWords({ ...upgraded, lakekeeper: newer })).toMatch(/^wait: .*has not observed/);
  });

  test('another Deployment, other pods, another generation are another roll-out', () => {
    expect(isSameRollOut(upgraded, recorded('09-upgraded'))).toBe(true);
    expect(isSameRollOut(upgraded, change(upgraded, { pods: [first] }))).toBe(false);
    expect(isSameRollOut(upgraded, recorded('07-two-replicas'))).toBe(false);
  });
});

describe('pods that are older than the values they were started with', () => {
  const at = (pod: PodObject) => Date.parse(pod.metadata.creationTimestamp ?? '');
  const [older, younger] = [first, second].sort(
    (one, other) => at(one) - at(other) || (one.metadata.name < other.metadata.name ? -1 : 1),
  ) as [PodObject, PodObject];
  const now = Date.parse('2026-11-30T01:50:00Z');
  const fresh = (pod: PodObject, name: string): PodObject => ({
    ...pod,
    metadata: { ...pod.metadata, name, uid: name, creationTimestamp: '2026-11-30T01:51:00Z' },
  });

  test('are replaced, the oldest first', () => {
    expect(inWords(upgraded, now)).toBe(`replace ${older.metadata.name}`);
    expect(inWords(change(upgraded, { pods: [younger, fresh(older, 'new')] }), now)).toBe(
      `replace ${younger.metadata.name}`,
    );
    expect(inWords(change(upgraded, { pods: [fresh(younger, 'new-2'), fresh(older, 'new')] }), now)).toBe(
      'settled',
    );
  });

  test('a pod of the very second of the change may be older than it', () => {
    expect(inWords(upgraded, at(older))).toBe(`replace ${older.metadata.name}`);
    expect(inWords(upgraded, Math.min(at(older), at(younger)) - 1000)).toBe('settled');
  });

  test('one at a time: not before the former one is gone, and its replacement is ready', () => {
    const going = change(upgraded, { pods: [leaving(older), younger, unready(fresh(older, 'new'))] });
    expect(inWords(going, now)).toMatch(/^wait: pods still serve that are about to go/);
    const starting = change(upgraded, {
      deployment: { availableReplicas: 1 },
      pods: [younger, unready(fresh(older, 'new'))],
    });
    expect(inWords(starting, now)).toMatch(
      /^wait: pods run with former credentials, key or settings: .*not ready: new/,
    );
  });

  test('a surge pod of an earlier roll-out does not hold it up: as many as the settings want are enough', () => {
    for (const more of [leaving(unready(former)), fresh(former, 'surge')]) {
      const surge = change(upgraded, { pods: [older, younger, more] });
      expect(inWords(surge, now)).toBe(`replace ${older.metadata.name}`);
    }
  });

  test('one that is not ready goes first, whatever the others do: with a former password it never will be', () => {
    const { lakekeeper } = recorded('05-no-pod-ready');
    const ill = {
      ...change(upgraded, { deployment: { availableReplicas: 1 }, pods: [older, unready(younger)] }),
      lakekeeper,
    };
    expect(inWords(ill, now)).toBe(`replace ${younger.metadata.name}`);
  });

  test('are left alone while a migration runs, or a roll-out replaces them anyway', () => {
    expect(inWords(recorded('08-upgrade-migrating'), now)).toMatch(
      /^wait: the operator says MigrationInProgress/,
    );
    expect(inWords(recorded('12-upgrade-whose-pods-do-not-come'), now)).toMatch(
      /^wait: the Deployment is rolling out/,
    );
  });
});

describe('the migration', () => {
  const migrating = recorded('03-migrating');
  const failedByOperator = recorded('20-migration-failed');
  const job = (status: NonNullable<JobObject['status']>): JobObject => ({
    metadata: { name: 'evicted-migrate-db74822c', namespace: 'recording', uid: 'j', resourceVersion: '1' },
    status,
  });

  test('that runs again after a pod failed is awaited, and its failures are told', () => {
    const migrationJob = job({ failed: 2 });
    expect(inWords({ ...migrating, migrationJob })).toMatch(/^wait: .*\(failed 2 times\)$/);
  });

  test.each([
    ['succeeded', { succeeded: 1 }],
    ['runs', { active: 1 }],
  ])(
    'that %s, though the operator could not read its Job and calls it failed: the operator is asked again',
    (_, status) => {
      expect(plan({ ...failedByOperator, migrationJob: job(status) })).toMatchObject({
        kind: 'requestReconcile',
      });
    },
  );

  test('a failed Job of earlier does not matter to what is migrated', () => {
    const condition = { type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded' } as const;
    expect(plan({ ...upgraded, migrationJob: job({ failed: 1, conditions: [condition] }) })).toEqual({
      kind: 'settled',
    });
    const restarting = { ...recorded('05-no-pod-ready'), migrationJob: job({ conditions: [condition] }) };
    expect(inWords(restarting)).toMatch(/^wait: pods start/);
  });
});

const withStatus = (status: DeploymentObject['status'], grace?: number): DeploymentObject => ({
  metadata: {
    name: 'a',
    uid: 'u',
    resourceVersion: '1',
    creationTimestamp: new Date(longAgo).toISOString(),
  },
  spec: { template: { spec: grace === undefined ? {} : { terminationGracePeriodSeconds: grace } } },
  ...(status && { status }),
});

test.each([
  [longAgo - 1000, true],
  // Whole seconds: it may have been made before the change.
  [longAgo, false],
])('a Deployment is newer than values of %i', (startValuesChangedAt, isNewer) => {
  expect(isNewerThanValues(withStatus({}), { startValuesChangedAt })).toBe(isNewer);
});

const minute = 60_000;
const rolledOut = (reason: string) => ({
  conditions: [
    {
      type: 'Progressing',
      status: 'True',
      reason,
      lastUpdateTime: new Date(longAgo).toISOString(),
    } as const,
  ],
});
test.each<[string, DeploymentObject, number, boolean]>([
  ['it counts none', withStatus({ terminatingReplicas: 0 }), 0, true],
  ['it counts one', withStatus({ terminatingReplicas: 1, ...rolledOut('NewReplicaSetAvailable') }), 9, false],
  ['it does not count, just rolled out', withStatus(rolledOut('NewReplicaSetAvailable')), 2, false],
  ['it does not count, rolled out before', withStatus(rolledOut('NewReplicaSetAvailable')), 3, true],
  ['pods may take long to stop', withStatus(rolledOut('NewReplicaSetAvailable'), 300), 6, false],
  ['it is rolling out', withStatus(rolledOut('ReplicaSetUpdated')), 9, false],
  ['it has no condition', withStatus({}), 9, false],
])('a Deployment shows whether a pod of a former template is left: %s', (_, deployment, minutes, isShown) => {
  expect(showsNoFormerPod(deployment, longAgo + minutes * minute)).toBe(isShown);
});
