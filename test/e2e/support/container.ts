import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ending, RunRegistration } from './gitops-image.ts';
import type { OwnImage } from './own-image.ts';
import { environmentOf, writeVolumes } from './pod.ts';
import { hostsOf } from './pod-process.ts';

/** What this machine may not set higher. */
const limits = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024'];

/**
 * What `podman run` needs for a container as Kubernetes's restricted Pod Security Standard has it, with the network
 * of this machine.
 */
export const restricted = [
  ...['run', '--rm', '--network', 'host', ...limits],
  ...['--read-only', '--read-only-tmpfs=false', '--cap-drop', 'all', '--security-opt', 'no-new-privileges'],
];

/** Runs what may fail. */
export async function ending(running: Promise<string>): Promise<Ending> {
  return running.then(
    (output) => ({ code: 0, output }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      output: error.stdout + error.stderr,
    }),
  );
}

/**
 * Runs the one container of a registration pod in our own image, as the pod's security context says: its user, its
 * read-only file system. What a kubelet writes into volumes is mounted where the pod wants it.
 */
export function registrationIn({ podman, reference }: OwnImage): RunRegistration {
  return async (pod, surroundings) => {
    const { cluster, server, directory } = surroundings;
    const [{ command = [], args = [], volumeMounts = [] }] = pod.spec.containers;
    const { runAsUser, runAsGroup } = pod.spec.securityContext ?? {};
    const root = await mkdtemp(join(directory, 'pod-'));
    try {
      await writeVolumes(pod, cluster, root);
      const volumes = volumeMounts.map(
        ({ mountPath }) => `${join(root, mountPath.replace(/^\/var\/run\//, '/run/'))}:${mountPath}:ro`,
      );
      const hosts = (await hostsOf(pod, surroundings)).split('\n').flatMap((line) => {
        const [address, ...aliases] = line.split(/\s+/);
        return aliases.map((alias) => `${alias}:${address}`);
      });
      const { hostname, port } = new URL(server);
      const environment = {
        KUBERNETES_SERVICE_HOST: hostname,
        KUBERNETES_SERVICE_PORT: port,
        ...(await environmentOf(pod, cluster)),
      };
      const [program = '', ...more] = [...command, ...args];
      return await ending(
        podman(
          ...[
            ...restricted,
            '--no-healthcheck',
            // Without one, the image's own user runs it.
            ...(runAsUser === undefined ? [] : ['--user', `${runAsUser}:${runAsGroup ?? 0}`]),
            ...['--entrypoint', program],
          ],
          ...volumes.flatMap((volume) => ['--volume', volume]),
          ...hosts.flatMap((host) => ['--add-host', host]),
          ...Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
          ...[reference, ...more],
        ),
      );
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  };
}
