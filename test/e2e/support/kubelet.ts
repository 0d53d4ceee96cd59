import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlPlane } from './control-plane.ts';
import { type Ending, type RunRegistration, runProgram } from './gitops-image.ts';
import type { LakekeeperPrograms, LakekeeperServer } from './lakekeeper-image.ts';
import { CreateContainerConfigError, type Pod } from './pod.ts';
import { type ServiceNames, serviceNames } from './service-names.ts';

/**
 * A stand-in for kubelets, in the open: it runs the pods of images that it knows, which are Lakekeeper's and ours,
 * and tells the API server how they are. Jobs, ReplicaSets and Deployments are counted by the real controllers. No
 * pod has a node: the API server deletes such a pod at once.
 */
export interface Kubelet extends AsyncDisposable {
  readonly names: ServiceNames;
  /** What registration pods wrote, by the name of their Job. */
  readonly outputs: ReadonlyMap<string, readonly Ending[]>;
}

interface Running {
  readonly pod: Pod;
  /** What the API server knows that it waits for. */
  waitsFor?: string;
  readonly ending: AbortController;
  server?: LakekeeperServer;
}

const retryAfter = 300;

export async function startKubelet(
  { admin: cluster, server, directory }: ControlPlane,
  lakekeeper: LakekeeperPrograms,
  registration: RunRegistration = runProgram,
): Promise<Kubelet> {
  const ending = new AbortController();
  const running = new Map<string, Running>();
  const outputs = new Map<string, Ending[]>();
  const names = await serviceNames(cluster, (namespace, labels) => {
    const isMeant = ({ metadata }: Pod) =>
      metadata.namespace === namespace &&
      Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value);
    return [...running.values()].find(({ pod, server }) => server && isMeant(pod))?.server;
  });

  const surroundings = (signal: AbortSignal) => ({ cluster, server, directory, names, signal });

  const tell = async ({ metadata, apiVersion, kind }: Pod, status: object) => {
    await cluster.patch({ apiVersion, kind, metadata }, { status }, 'status').catch(() => {});
  };

  /** Says so once: to say it at every attempt would keep all that watch pods busy. */
  const tellWaiting = async (run: Running, error: CreateContainerConfigError) => {
    if (run.waitsFor === error.message) return;
    run.waitsFor = error.message;
    await tell(run.pod, waiting(run.pod, error));
  };

  const migrate = async (run: Running) => {
    const { pod, ending } = run;
    for (let restartCount = 0; !ending.signal.aborted; restartCount += 1) {
      try {
        await lakekeeper.migrate(pod, surroundings(ending.signal));
        return await tell(pod, ended(pod, 0, 'migrated', restartCount));
      } catch (error) {
        if (error instanceof CreateContainerConfigError) {
          await tellWaiting(run, error);
          restartCount -= 1;
        } else await tell(pod, failing(pod, String(error), restartCount + 1));
        await pause(retryAfter, ending.signal);
      }
    }
  };

  const serve = async (run: Running) => {
    const { pod, ending } = run;
    for (let restartCount = 0; !ending.signal.aborted; restartCount += 1) {
      try {
        const started = await lakekeeper.serve(pod, surroundings(ending.signal));
        if (ending.signal.aborted) return started.stop();
        run.server = started;
        ending.signal.addEventListener('abort', () => started.stop());
        await tell(pod, ready(pod, restartCount));
        await started.ended;
        delete run.server;
        if (ending.signal.aborted) return;
        throw new Error('the server ended');
      } catch (error) {
        if (error instanceof CreateContainerConfigError) await tellWaiting(run, error);
        else await tell(pod, failing(pod, String(error), restartCount + 1));
        await pause(retryAfter, ending.signal);
      }
    }
  };

  const register = async ({ pod, ending }: Running) => {
    await tell(pod, ready(pod, 0));
    const { code, output } = await registration(pod, surroundings(ending.signal)).catch(
      (error: unknown): Ending => ({ code: 128, output: String(error) }),
    );
    const job = pod.metadata.labels?.['batch.kubernetes.io/job-name'] ?? pod.metadata.name;
    outputs.set(job, [...(outputs.get(job) ?? []), { code, output }]);
    await tell(pod, ended(pod, code, output.trimEnd().split('\n').at(-1) ?? '', 0));
  };

  const programOf = (pod: Pod) => {
    const [{ image, args = [] }] = pod.spec.containers;
    if (/\/lakekeeper\/catalog:/.test(image)) return { migrate, serve }[args[0] ?? ''];
    return /\/lakekeeper-gitops:/.test(image) ? register : undefined;
  };

  const watching = (async () => {
    for await (const { type, object } of cluster.follow<Pod>(
      { apiVersion: 'v1', kind: 'Pod' },
      ending.signal,
    )) {
      const { uid, deletionTimestamp } = object.metadata;
      if (type === 'DELETED' || deletionTimestamp) {
        running.get(uid)?.ending.abort();
        running.delete(uid);
        continue;
      }
      const program = programOf(object);
      if (running.has(uid) || program === undefined || object.status?.phase !== 'Pending') continue;
      const run: Running = { pod: object, ending: new AbortController() };
      running.set(uid, run);
      void program(run);
    }
  })();

  return {
    names,
    outputs,
    [Symbol.asyncDispose]: async () => {
      ending.abort();
      for (const { ending } of running.values()) ending.abort();
      await watching;
      await names.stop();
    },
  };
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => {});
}

const now = () => new Date().toISOString().replace(/\.\d+/, '');

function containerStatus({ spec }: Pod, state: object, isReady: boolean, restartCount: number) {
  const [{ name, image }] = spec.containers;
  return [{ name, image, imageID: image, ready: isReady, started: isReady, restartCount, state }];
}

function conditions(isReady: boolean) {
  const at = now();
  return ['Initialized', 'PodScheduled', 'ContainersReady', 'Ready'].map((type, index) => ({
    type,
    status: index < 2 || isReady ? 'True' : 'False',
    lastTransitionTime: at,
  }));
}

function ready(pod: Pod, restartCount: number) {
  const state = { running: { startedAt: now() } };
  return {
    phase: 'Running',
    startTime: now(),
    conditions: conditions(true),
    containerStatuses: containerStatus(pod, state, true, restartCount),
  };
}

function waiting(pod: Pod, { name: reason, message }: Error) {
  const state = { waiting: { reason, message } };
  return {
    phase: 'Pending',
    conditions: conditions(false),
    containerStatuses: containerStatus(pod, state, false, 0),
  };
}

function failing(pod: Pod, message: string, restartCount: number) {
  const state = { waiting: { reason: 'CrashLoopBackOff', message } };
  return {
    phase: 'Running',
    conditions: conditions(false),
    containerStatuses: containerStatus(pod, state, false, restartCount),
  };
}

function ended(pod: Pod, exitCode: number, message: string, restartCount: number) {
  const reason = exitCode === 0 ? 'Completed' : 'Error';
  const state = { terminated: { exitCode, reason, message, startedAt: now(), finishedAt: now() } };
  return {
    phase: exitCode === 0 ? 'Succeeded' : 'Failed',
    conditions: conditions(false),
    containerStatuses: containerStatus(pod, state, false, restartCount),
  };
}
