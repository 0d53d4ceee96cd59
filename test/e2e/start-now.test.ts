import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { decode } from '../../src/catalog/registration-inputs.ts';
import { howToStartNow } from '../../src/registration/start-now.ts';
import type { ClusterObject } from './support/cluster.ts';
import { adminToken, type ControlPlane, startControlPlane } from './support/control-plane.ts';
import { install } from './support/install.ts';
import { allObjectsOf } from './support/manifests.ts';
import { tool } from './support/tools.ts';

const run = promisify(execFile);
let controlPlane: ControlPlane;
beforeAll(async () => {
  controlPlane = await startControlPlane();
  await install(controlPlane.admin, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'lakekeeper' },
  });
});
afterAll(() => controlPlane?.[Symbol.asyncDispose]());

test('the command that a failed Job tells starts it again, as often as it is given', async () => {
  const objects = await allObjectsOf('dist/orgs/lakekeeper-acme');
  const job = objects.find(({ kind }) => kind === 'Job') as ClusterObject;
  const inputs = objects.find(({ data }) => data?.['inputs.json'] !== undefined)?.data['inputs.json'];
  const [, command = ''] = /, or: (.*)$/.exec(howToStartNow(decode(inputs), 'proof')) ?? [];
  const kubeconfig = await controlPlane.kubeconfig(adminToken);
  const kubectl = await tool('kubectl');
  const file = join(controlPlane.directory, 'job.yaml');
  await writeFile(file, stringify(job));
  // As Argo CD applies a hook: on the client's side.
  await run(kubectl, ['--kubeconfig', kubeconfig, 'apply', '-f', file]);
  const made = async () => await controlPlane.admin.get(job);
  const uids = new Set([(await made())?.metadata.uid]);
  for (let time = 1; time <= 2; time++) {
    const shell = `PATH="$(dirname "$0"):$PATH"; ${command}`;
    await run('bash', ['-c', shell, kubectl], { env: { ...process.env, KUBECONFIG: kubeconfig } });
    const again = await made();
    uids.add(again?.metadata.uid);
    expect(again?.spec.template.spec.containers).toMatchObject(job.spec.template.spec.containers);
    expect(uids.size).toBe(time + 1);
  }
});
