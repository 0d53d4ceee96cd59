import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Cluster } from './cluster.ts';
import { apiServerName } from './control-plane.ts';
import { environmentOf, type Pod, writeVolumes } from './pod.ts';
import type { ServiceNames } from './service-names.ts';

export interface Surroundings {
  readonly cluster: Cluster;
  /** Where the pod finds the API server. */
  readonly server: string;
  /** For the pod's files. */
  readonly directory: string;
  readonly names: ServiceNames;
  readonly signal: AbortSignal;
}

export interface PodProcess {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  /** Takes the pod's files away, once the process has ended. */
  remove(): Promise<void>;
}

/**
 * A pod's container as a process of this machine: with the container's environment and volumes and nothing else of
 * ours. `/etc` and `/run` are seen through a layer that holds the volumes, so that every path is what it is in life:
 * the ServiceAccount's token too, with whose rights it works. Service names lead to the catalogs by /etc/hosts.
 *
 * @param more variables that stand for what a pod has beside its environment.
 * @throws CreateContainerConfigError
 */
export async function startInPod(
  pod: Pod,
  surroundings: Surroundings,
  command: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<PodProcess> {
  const { cluster, server, directory, signal } = surroundings;
  const root = await mkdtemp(join(directory, 'pod-'));
  const remove = () => rm(root, { recursive: true, force: true });
  try {
    const environment = await environmentOf(pod, cluster);
    await writeVolumes(pod, cluster, root);
    await mkdir(join(root, 'etc'), { recursive: true });
    await mkdir(join(root, 'run'), { recursive: true });
    await writeFile(
      join(root, 'etc/hosts'),
      (await readFile('/etc/hosts', 'utf8')) + (await hostsOf(pod, surroundings)),
    );
    const { hostname, port } = new URL(server);
    const inLayers = [...endsWithUs, 'unshare', ...namespaces, 'sh', '-ec', layers, root];
    const child = spawn('setpriv', [...inLayers, ...command], {
      cwd: '/',
      env: {
        PATH: process.env.PATH,
        KUBERNETES_SERVICE_HOST: hostname,
        KUBERNETES_SERVICE_PORT: port,
        ...environment,
        ...more,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
      killSignal: 'SIGTERM',
    });
    child.on('error', () => {});
    return { child, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

const endsWithUs = ['--pdeathsig', 'KILL'];
/** Ordinary users are root in a namespace of users, where they may mount. */
const namespaces = process.getuid?.() === 0 ? ['--mount'] : ['--user', '--map-root-user', '--mount'];
const layers = `
  mount -t overlay overlay -o "lowerdir=$0/etc:/etc" /etc
  mount -t overlay overlay -o "lowerdir=$0/run:/run" /run
  exec "$@"`;

/** The pod's catalog under its service name, and the API server. */
export async function hostsOf(pod: Pod, { cluster, server, names }: Surroundings): Promise<string> {
  const catalog = pod.metadata.labels?.['lakekeeper-gitops/catalog'];
  const { namespace } = pod.metadata;
  const all = await cluster.list({ apiVersion: 'lakekeeper.k8s.lakekeeper.io/v1alpha1', kind: 'Lakekeeper' });
  const known = all.filter(
    ({ metadata }) =>
      catalog === undefined || (metadata.name === catalog && metadata.namespace === namespace),
  );
  const lines = known.map(({ metadata, spec }) =>
    names.hosts(metadata.namespace ?? '', metadata.name, spec.server?.listenPort ?? 8181),
  );
  const { hostname } = new URL(server);
  return `${(await Promise.all(lines)).join('')}${hostname} ${apiServerName}\n`;
}
