import { isDeepStrictEqual } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrationJobName } from '../../src/catalog/migration-job.ts';
import {
  recordedLakekeeper,
  recordedMessages,
  recordedObjects,
  recordedStates,
} from '../support/operator-recordings.ts';
import type { ClusterObject, Reference } from './support/cluster.ts';
import { holdMigrations } from './support/lakekeeper-image.ts';
import { type Scene, startScene } from './support/scene.ts';

/**
 * The operator, taken through every state that the real one was recorded in: the resource, what it makes, and every
 * condition on the way, word by word. For the stand-in; with `LAKEKEEPER_OPERATOR` it says what a real one does
 * otherwise today.
 */

const namespace = 'recording';
const apiVersion = 'lakekeeper.k8s.lakekeeper.io/v1alpha1';
const soon = { timeout: 45_000, interval: 300 };
const recordedPort = 41445;

/** States that are not taken again, and why. */
const leftOut: Record<string, string> = {
  '31-database-unreachable-for-longer-than-the-ttl':
    'ten minutes of waiting for the status of 30; that the Job is made again when it goes is in the contract',
};
/** What was recorded once, and depends on which of two events comes first. */
const seenByChance = [
  ['Degraded', 'DeploymentReconciliationFailed', 'the conflict that flashes'],
  ['Ready', 'DeploymentReconciliationFailed', 'the conflict that flashes'],
  ['Ready', 'MinimumReplicasAvailable', 'one of two pods is ready, three of two are'],
  ['Degraded', 'NoPodsReady', 'both pods are made, none is ready yet'],
  ['Ready', 'MinimumReplicasUnavailable', 'the same'],
] as const;

let scene: Scene;
const ending = new AbortController();
/** Every version of every resource, by name. */
const versions = new Map<string, ClusterObject[]>();
beforeAll(async () => {
  scene = await startScene();
  await scene.cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  void (async () => {
    for await (const { object } of scene.cluster.follow({ apiVersion, kind: 'Lakekeeper' }, ending.signal))
      versions.set(object.metadata.name, [...(versions.get(object.metadata.name) ?? []), object]);
  })();
});
afterAll(async () => {
  ending.abort();
  await scene?.[Symbol.asyncDispose]();
});

const at = (version: string, kind: string, name: string): Reference => ({
  apiVersion: version,
  kind,
  metadata: { namespace, name },
});
const lakekeeperAt = (name: string) => at(apiVersion, 'Lakekeeper', name);
const sql = async (text: string) => {
  const client = new pg.Client({ connectionString: scene.postgres.url });
  await client.connect();
  await client.query(text).finally(() => client.end());
};

const recorded = (state: string) => {
  const found = recordedLakekeeper(state);
  if (found === undefined) throw new Error(`there is no resource in ${state}`);
  return found;
};
/** A recorded spec, with the database's port in this scene. */
const specOf = (state: string) => {
  const spec = structuredClone(recorded(state).spec);
  const { postgres } = spec.database;
  if (postgres.port === recordedPort) postgres.port = scene.postgres.port;
  return spec;
};
const apply = async (state: string, change: (spec: ReturnType<typeof specOf>) => void = () => {}) => {
  const spec = specOf(state);
  change(spec);
  const { name } = recorded(state).metadata;
  const { status, body } = await scene.cluster.apply({ ...lakekeeperAt(name), spec } as ClusterObject);
  expect(status, body.message).toBeLessThan(300);
};
const databaseOf = (name: string) => name.replaceAll('-', '_').slice(0, 60);
const makeDatabase = async (name: string) => {
  await sql(`CREATE ROLE "${databaseOf(name)}" LOGIN PASSWORD 'p'`);
  await sql(`CREATE DATABASE "${databaseOf(name)}" OWNER "${databaseOf(name)}"`);
};
const writeSecret = (name: string, stringData: object) =>
  scene.cluster.apply({ ...at('v1', 'Secret', name), stringData } as ClusterObject);
const credentialsOf = (name: string, password = 'p') => ({
  'db-user': databaseOf(name),
  'db-password': password,
  'encryption-key': 'kfoo',
});
const prepare = async (name: string, password?: string) => {
  await makeDatabase(name);
  await writeSecret(name, credentialsOf(name, password));
};
const wake = (name: string) =>
  scene.cluster.patch(lakekeeperAt(name), { metadata: { annotations: { wake: String(Math.random()) } } });
const standInOf = (name: string) => {
  const standIn = scene.lakekeeper.standIns.get(databaseOf(name));
  if (standIn === undefined) throw new Error(`the server of ${name} has not started`);
  return standIn;
};
const untilCondition = (name: string, type: string, reason: string) =>
  expect
    .poll(async () => {
      const found = await scene.cluster.get(lakekeeperAt(name));
      return found?.status?.conditions?.find((one: { type: string }) => one.type === type)?.reason;
    }, soon)
    .toBe(reason);
const podsOf = async (labels: Record<string, string>) =>
  (await scene.cluster.list({ apiVersion: 'v1', kind: 'Pod' }, namespace)).filter(({ metadata }) =>
    Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value),
  );
/** Ends the migration's next pod, whose image no kubelet runs. */
const endMigrationPod = async (instance: string, phase: 'Succeeded' | 'Failed') => {
  const pending = async () =>
    (
      await podsOf({ 'app.kubernetes.io/component': 'migration', 'app.kubernetes.io/instance': instance })
    ).find(({ status, metadata }) => status.phase === 'Pending' && metadata.deletionTimestamp === undefined);
  await expect.poll(pending, soon).toBeDefined();
  await scene.cluster.patch((await pending()) as ClusterObject, { status: { phase } }, 'status');
};
const setReadiness = async (instance: string, status: 'True' | 'False') => {
  for (const pod of await podsOf({
    'app.kubernetes.io/managed-by': 'lakekeeper-operator',
    'app.kubernetes.io/instance': instance,
  }))
    await scene.cluster.patch(
      pod,
      {
        status: {
          conditions: pod.status.conditions.map((condition: { type: string }) =>
            ['Ready', 'ContainersReady'].includes(condition.type) ? { ...condition, status } : condition,
          ),
        },
      },
      'status',
    );
};
const ownedByAnother = async () => {
  const root = at('v1', 'ConfigMap', 'kube-root-ca.crt');
  await expect.poll(() => scene.cluster.get(root), soon).toBeDefined();
  const uid = (await scene.cluster.get(root))?.metadata.uid ?? '';
  return { apiVersion: 'v1', kind: 'ConfigMap', name: 'kube-root-ca.crt', uid, controller: true };
};

let release: () => Promise<void> = async () => {};
/** A fault lasts until its state was seen: what one look found is lost when its write meets a conflict. */
let recover: () => void = () => {};
/** A Job makes its next pod after 10, 20 and 40 seconds: these states come while the others are taken. */
let evicted: Record<'failed' | 'succeeded', Promise<void>>;
beforeAll(() => {
  const failed = (async () => {
    await prepare('evicted');
    await apply('20-migration-failed');
    for (let pods = 0; pods < 3; pods += 1) await endMigrationPod('evicted', 'Failed');
  })();
  const succeeded = failed.then(() => endMigrationPod('evicted', 'Succeeded'));
  evicted = { failed, succeeded };
  // Their own tests say what is wrong.
  for (const each of [failed, succeeded]) each.catch(() => {});
});

/** What led to each state. */
const steps: Record<string, () => Promise<unknown>> = {
  '01-secret-missing': () => apply('01-secret-missing'),
  '02-secret-key-missing': async () => {
    await makeDatabase('acme');
    const { 'encryption-key': _, ...incomplete } = credentialsOf('acme');
    await writeSecret('acme', incomplete);
    await wakeUntilSeen('acme', 'key encryption-key not found in secret acme');
  },
  '03-migrating': async () => {
    release = await holdMigrations(scene.postgres, 'acme');
    await writeSecret('acme', credentialsOf('acme'));
    await wakeUntilSeen('acme', 'Waiting for migration to complete');
  },
  '04-ready': () => release(),
  '05-no-pod-ready': () => setReadiness('acme', 'False'),
  '06-scaled-to-zero': async () => {
    await setReadiness('acme', 'True');
    await untilCondition('acme', 'Ready', 'MinimumReplicasAvailable');
    await apply('06-scaled-to-zero');
  },
  '07-two-replicas': () => apply('07-two-replicas'),
  '08-upgrade-migrating': async () => {
    release = await holdMigrations(scene.postgres, 'acme');
    await apply('08-upgrade-migrating');
  },
  '09-upgraded': () => release(),
  '10-back-to-the-former-image': () => apply('10-back-to-the-former-image'),
  '11-former-job-cleaned-up': async () => {
    const name = ourJobNames().get(recorded('11-former-job-cleaned-up').status?.migrationJob ?? '') ?? '';
    await scene.cluster.delete(at('batch/v1', 'Job', name));
  },
  '12-upgrade-whose-pods-do-not-come': async () => {
    await prepare('globex');
    await apply('12-upgrade-whose-pods-do-not-come', (spec) => {
      spec.image = 'quay.io/lakekeeper/catalog:v0.12.2';
    });
    await untilCondition('globex', 'Bootstrapped', 'Bootstrapped');
    await apply('12-upgrade-whose-pods-do-not-come');
    await endMigrationPod('globex', 'Succeeded');
  },
  '13-waiting-for-bootstrap': async () => {
    await prepare('hooli');
    await apply('13-waiting-for-bootstrap');
  },
  '14-server-not-reachable': async () => {
    recover = standInOf('hooli').keepFailing('GET /management/v1/info', { kind: 'status', status: 503 });
  },
  '15-bootstrap-failed': async () => {
    recover();
    const error = {
      message: 'Catalog already bootstrapped',
      type: 'CatalogAlreadyBootstrapped',
      code: 400,
      stack: [],
    };
    const body = JSON.stringify({ error });
    recover = standInOf('hooli').keepFailing('POST /management/v1/bootstrap', {
      kind: 'status',
      status: 400,
      body,
    });
    await apply('15-bootstrap-failed');
  },
  '16-bootstrapped-at-the-next-look': async () => recover(),
  '17-bootstrapped-by-somebody-else': async () => {
    await prepare('initech');
    await apply('17-bootstrapped-by-somebody-else');
    await untilCondition('initech', 'Bootstrapped', 'NotBootstrapped');
    standInOf('initech').isBootstrapped = true;
  },
  '18-authentication-on': async () => {
    await prepare('umbrella');
    await apply('18-authentication-on');
  },
  '19-migration-job-failed': async () => {
    await prepare('wrong-password', 'not-the-password');
    await apply('19-migration-job-failed');
    const job = at(
      'batch/v1',
      'Job',
      ourJobNames().get(recorded('19-migration-job-failed').status?.migrationJob ?? '') ?? '',
    );
    const failed = async () => {
      const found = await scene.cluster.get(job);
      return found?.status?.conditions?.find(({ type }: { type: string }) => type === 'Failed')?.reason;
    };
    await expect.poll(failed, soon).toBe('BackoffLimitExceeded');
  },
  '22-migration-job-refused': async () => {
    const { name } = recorded('22-migration-job-refused').metadata;
    await prepare(name);
    await apply('22-migration-job-refused');
  },
  '23-deployment-refused': async () => {
    await prepare('deployment-refused');
    const pod = {
      metadata: { labels: { a: 'b' } },
      spec: { containers: [{ name: 'a', image: 'nothing:1' }] },
    };
    await scene.cluster.create({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { namespace, name: 'deployment-refused', ownerReferences: [await ownedByAnother()] },
      spec: { replicas: 0, selector: { matchLabels: { a: 'b' } }, template: pod },
    } as ClusterObject);
    await apply('23-deployment-refused');
  },
  '24-service-refused': async () => {
    await prepare('service-refused');
    await scene.cluster.create({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace, name: 'service-refused-metrics', ownerReferences: [await ownedByAnother()] },
      spec: { ports: [{ port: 80 }] },
    } as ClusterObject);
    await apply('24-service-refused');
  },
  '25-every-field': async () => {
    await prepare('every-field');
    await writeSecret('other', { user: 'u', password: 'p', secret: 's' });
    await writeSecret('pg-ca', { 'ca.crt': 'c' });
    await writeSecret('server-tls', { 'tls.pem': 't' });
    await apply('25-every-field');
  },
  '26-quantities-rewritten': () =>
    apply('26-quantities-rewritten', (spec) => {
      spec.resources = {
        requests: { cpu: '0.5', memory: '1024Mi' },
        limits: { cpu: '1000m', memory: '1.5Gi' },
      };
    }),
  '27-another-secret-missing': async () => {
    await prepare('ca-missing');
    await apply('27-another-secret-missing');
  },
  '28-deleted': () => scene.cluster.delete(lakekeeperAt('acme')),
  '30-database-unreachable': async () => {
    await writeSecret('unreachable', credentialsOf('unreachable'));
    await apply('30-database-unreachable');
  },
  '20-migration-failed': () => evicted.failed,
  '21-migration-failed-and-then-succeeded': () => evicted.succeeded,
  '29-deleted-while-the-operator-is-away': async () => {
    await scene.operator.stop();
    await scene.cluster.delete(lakekeeperAt('globex'));
  },
};

/** The operator hears of a Secret later than of the annotation, now and then. */
async function wakeUntilSeen(name: string, message: string): Promise<void> {
  await expect
    .poll(async () => {
      await wake(name);
      const found = await scene.cluster.get(lakekeeperAt(name));
      return found?.status?.conditions?.map((condition: { message: string }) => condition.message);
    }, soon)
    .toContain(message);
}

/** The Jobs' names depend on the port of the database: of each recorded one, what it is here. */
function ourJobNames(): Map<string, string> {
  const names = new Map<string, string>();
  for (const state of recordedStates) {
    const found = recordedLakekeeper(state);
    if (found === undefined) continue;
    const nameOf = ({ image, database }: ReturnType<typeof specOf>) =>
      migrationJobName(found.metadata.name, { image, ...database.postgres });
    names.set(nameOf(found.spec), nameOf(specOf(state)));
  }
  return names;
}
const asHere = (text: string) =>
  [...ourJobNames()]
    .reduce((found, [theirs, ours]) => found.replaceAll(theirs, ours), text)
    .replaceAll(String(recordedPort), String(scene.postgres.port));

// biome-ignore lint/suspicious/noExplicitAny: fields of any object.
type Fields = any;
/** Without times, and without the id that the server of the day said. */
const shown = ({ metadata, status }: Fields) => {
  const { bootstrappedAt, serverID, conditions = [], ...others } = status ?? {};
  return {
    generation: metadata.generation,
    finalizers: metadata.finalizers,
    isBeingDeleted: metadata.deletionTimestamp !== undefined,
    ...others,
    isBootstrapped: bootstrappedAt !== undefined,
    hasServerID: serverID !== undefined,
    conditions: conditions.map(
      ({ type, status, reason, observedGeneration, message }: Fields) =>
        `${type}=${status} ${reason} @${observedGeneration}: ${message}`,
    ),
  };
};

const seenUpTo = new Map<string, number>();
/** The first version from the last one that a state was found in which is the state; the newest when none is. */
function versionLike(name: string, expected: unknown): unknown {
  const all = versions.get(name) ?? [];
  // When the write after it bootstrapped meets a conflict, its next look finds the server bootstrapped already.
  const afterConflict = JSON.parse(
    JSON.stringify(expected).replace('was bootstrapped by the operator', 'is bootstrapped'),
  );
  for (let index = seenUpTo.get(name) ?? 0; index < all.length; index += 1) {
    const seen = shown(all[index]);
    if (!isDeepStrictEqual(seen, expected) && !isDeepStrictEqual(seen, afterConflict)) continue;
    seenUpTo.set(name, index);
    return expected;
  }
  const newest = all.at(-1);
  return newest && shown(newest);
}

test('every recorded state is taken, or left out for a reason', () => {
  expect([...Object.keys(steps), ...Object.keys(leftOut)].sort()).toEqual(recordedStates);
});

test.each(Object.keys(steps))('%s', async (state) => {
  await steps[state]?.();
  const found = recordedLakekeeper(state);
  if (found === undefined) {
    await expect.poll(() => scene.cluster.get(lakekeeperAt('acme')), soon).toBeUndefined();
    await expect.poll(() => scene.cluster.get(at('apps/v1', 'Deployment', 'acme')), soon).toBeUndefined();
    expect(await scene.cluster.get(at('v1', 'Secret', 'acme'))).toBeDefined();
    return;
  }
  const expected = JSON.parse(asHere(JSON.stringify(shown(found))));
  const { name } = found.metadata;
  await expect.poll(() => versionLike(name, expected), soon).toEqual(expected);
  if (state === '26-quantities-rewritten')
    expect((await scene.cluster.get(lakekeeperAt(name)))?.spec).toEqual(specOf(state));
});

/** What the operator writes into an object, and not what the API server and the controllers add. */
const written = ({ apiVersion, kind, metadata, spec }: Fields) => {
  const { namespace, name, labels, ownerReferences } = metadata;
  const { clusterIP: _, clusterIPs: __, selector, template, ...others } = spec;
  const own = (labels: Record<string, string> = {}) =>
    Object.fromEntries(Object.entries(labels).filter(([key]) => key.startsWith('app.kubernetes.io/')));
  return {
    apiVersion,
    kind,
    metadata: {
      namespace,
      name,
      labels,
      ownerReferences: ownerReferences.map(({ uid: _, ...owner }: Fields) => owner),
    },
    spec: {
      ...others,
      ...(kind === 'Job' ? {} : { selector }),
      ...(template && { template: { spec: template.spec, labels: own(template.metadata.labels) } }),
    },
  };
};

test.each(['25-every-field', '24-service-refused', '19-migration-job-failed'])(
  'what it makes in %s',
  async (state) => {
    for (const object of recordedObjects(state)) {
      if (object.metadata.ownerReferences?.[0]?.kind !== 'Lakekeeper') continue;
      const expected = JSON.parse(asHere(JSON.stringify(written(object))));
      const found = await scene.cluster.get(at(object.apiVersion, object.kind, expected.metadata.name));
      expect(written(found)).toEqual(expected);
    }
  },
);

test('no condition was seen on the way that was not recorded, and all that were', () => {
  const words = (name: string, message: string) =>
    message
      .replace(/[\w-]+-migrate-[0-9a-f]{8}/g, '<job>')
      .replaceAll(`deployments.apps "${name}"`, 'deployments.apps "<name>"');
  const line = ({ type, status, reason, message }: Fields) => `${type}=${status} ${reason}: ${message}`;
  const recordedLines = new Set(
    recordedMessages().map((row) =>
      line({
        ...row,
        message: row.message.replace(/deployments\.apps "[^"]+"/, 'deployments.apps "<name>"'),
      }),
    ),
  );
  const seen = new Set(
    [...versions].flatMap(([name, all]) =>
      all.flatMap(({ status }) =>
        (status?.conditions ?? []).map((condition: Fields) =>
          line({ ...condition, message: words(name, condition.message) }),
        ),
      ),
    ),
  );
  expect([...seen].filter((one) => !recordedLines.has(one))).toEqual([]);
  const isByChance = (one: string) =>
    seenByChance.some(([type, reason]) => one.startsWith(`${type}=`) && one.includes(` ${reason}: `));
  expect([...recordedLines].filter((one) => !seen.has(one) && !isByChance(one))).toEqual([]);
});
