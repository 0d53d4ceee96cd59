import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { lakekeeperGitops } from '../../support/program.ts';
import type { Fleet } from './fleet.ts';
import { type Ending, endingOf, runProgram } from './gitops-image.ts';
import type { Container, Pod } from './pod.ts';
import { startInPod } from './pod-process.ts';
import { tool } from './tools.ts';

/** A worker's pod of an org: as its manifest has it, with what `worker-patch` adds, as kubectl merges them. */
export interface Worker extends AsyncDisposable {
  /** Runs a program in it, with the service names of the catalogs. */
  run(command: readonly string[]): Promise<Ending>;
}

/** @param authenticates whether the org's workers need a token. */
export async function startWorker(fleet: Fleet, org: string, authenticates: boolean): Promise<Worker> {
  const { cluster, controlPlane, kubelet, postgres } = fleet.scene;
  const name = `worker-${org}`;
  const metadata = { namespace: 'duckgres', name, labels: { 'duckgres/active-org': org } };
  const spec = { containers: [{ name: 'duckdb', image: 'registry.example.com/duckdb:v1' }] };
  let manifest = { apiVersion: 'v1', kind: 'Pod', metadata, spec } as unknown as Pod;
  if (authenticates) {
    const file = join(controlPlane.directory, 'worker.yaml');
    const patch = join(controlPlane.directory, 'patch.yaml');
    await writeFile(file, stringify(manifest));
    const fleetFlags = ['--platform', join(fleet.repository, 'platform.yaml'), '--warehouses', postgres.url];
    const printed = await lakekeeperGitops(['worker-patch', '--org', org, '--workload', file, ...fleetFlags]);
    if (printed.code !== 0) throw new Error(printed.stderr);
    await writeFile(patch, printed.stdout);
    const merge = ['patch', '--local', '-f', file, '--type', 'strategic', '--patch-file', patch];
    const merged = spawnSync(await tool('kubectl'), [...merge, '-o', 'json'], { encoding: 'utf8' });
    if (merged.status !== 0) throw new Error(merged.stderr);
    manifest = JSON.parse(merged.stdout);
  }
  const pod = await cluster.create(manifest);
  const ending = new AbortController();
  const surroundings = {
    cluster,
    server: controlPlane.server,
    directory: controlPlane.directory,
    names: kubelet.names,
    signal: ending.signal,
  };
  const as = (container: Container): Pod => ({ ...pod, spec: { ...pod.spec, containers: [container] } });
  const sidecars = (pod.spec.initContainers ?? []).map((sidecar) => {
    const running = runProgram(as(sidecar), surroundings).catch(
      (error: unknown): Ending => ({ code: 128, output: String(error) }),
    );
    const probe = { ...sidecar, args: [], command: sidecar.startupProbe?.exec.command ?? [] };
    return { running, hasStarted: async () => (await runProgram(as(probe), surroundings)).code === 0 };
  });
  for (const { running, hasStarted } of sidecars) {
    let ended: Ending | undefined;
    void running.then((ending) => (ended = ending));
    while (!(await hasStarted())) if (ended !== undefined) throw new Error(ended.output);
  }
  const initContainerStatuses = (pod.spec.initContainers ?? []).map(({ name, image }) => ({
    name,
    image,
    imageID: image,
    ready: true,
    restartCount: 0,
    state: { running: {} },
  }));
  await cluster.patch(pod, { status: { phase: 'Running', initContainerStatuses } }, 'status');
  return {
    run: async (command) => {
      const { child, remove } = await startInPod(as(pod.spec.containers[0]), surroundings, command);
      return endingOf(child).finally(remove);
    },
    [Symbol.asyncDispose]: async () => {
      ending.abort();
      await Promise.all(sidecars.map(({ running }) => running));
      await cluster.delete(pod, { propagation: 'Background' });
    },
  };
}
