import { execFile, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { decode } from '../../src/catalog/registration-inputs.ts';
import { howToStartNow } from '../../src/registration/start-now.ts';
import { withPostgres } from '../support/embedded-postgres.ts';
import { type ForgeDispatch, startForgeDispatch } from '../support/forge-dispatch.ts';
import { calls, triggerSql, writeCall } from '../support/start-ci.ts';
import { withDirectory } from '../support/tree.ts';
import type { ClusterObject } from './support/cluster.ts';
import { adminToken, type ControlPlane, startControlPlane } from './support/control-plane.ts';
import { install } from './support/install.ts';
import { allObjectsOf, objectsOf } from './support/manifests.ts';
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

/** Runs what the pod of a recipe runs, with the mounted file in a directory of this machine. */
async function withPod(
  recipe: readonly ClusterObject[],
  env: NodeJS.ProcessEnv,
  work: (forge: ForgeDispatch) => Promise<void>,
): Promise<void> {
  await using forge = await startForgeDispatch();
  await withDirectory(async (directory) => {
    const [container] = recipe.find(({ kind }) => kind === 'Deployment')?.spec.template.spec.containers ?? [];
    const [program = '', ...args]: string[] = [...container.command, ...container.args];
    const mounted = args.map((arg) => arg.replace('/etc/start-ci/curl', join(directory, 'call')));
    const pod = spawn(program, mounted, {
      env: { ...(await writeCall(directory, calls.workflow, forge)), ...env },
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: true,
    });
    try {
      await work(forge);
    } finally {
      if (pod.pid !== undefined && pod.exitCode === null) process.kill(-pod.pid);
    }
  });
}

describe.concurrent('a recipe of docs/ci.md starts CI at once, and when', async () => {
  const recipes = await objectsOf('examples/start-ci');

  test('rows change', async ({ expect }) => {
    await withPostgres({}, async ({ url, host, port, user, password, database }) => {
      const client = new pg.Client(url);
      let notifications = 0;
      client.on('notification', () => notifications++);
      await client.connect();
      try {
        await client.query(
          'CREATE TABLE tenants (id text PRIMARY KEY, plan text, bucket text, endpoint text)',
        );
        await client.query(triggerSql);
        const env = {
          // On Debian, the package of the server brings psql here.
          PATH: `${process.env.PATH}:/usr/lib/postgresql/15/bin`,
          PGHOST: host,
          PGPORT: String(port),
          PGUSER: user,
          PGPASSWORD: password,
          PGDATABASE: database,
        };
        await withPod(recipes.get('postgres.yaml') ?? [], env, async ({ started }) => {
          await expect.poll(() => started.length).toBe(1);
          await client.query('LISTEN rows_changed');
          await client.query("INSERT INTO tenants VALUES ('acme', 'paid', 'acme-lake')");
          await client.query("UPDATE tenants SET plan = 'free'");
          // What registration records.
          await client.query("UPDATE tenants SET endpoint = 'http://acme'");
          await client.query('DELETE FROM tenants');
          await client.query('TRUNCATE tenants');
          expect(notifications).toBe(4);
          await expect.poll(() => started.length).toBe(2);
        });
      } finally {
        await client.end();
      }
    });
  });

  test('a resource of the kind is made', async ({ expect }) => {
    const { admin } = controlPlane;
    const recipe = recipes.get('crossplane.yaml') ?? [];
    const rights = recipe.filter(({ kind }) => kind !== 'Deployment');
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'control-plane' } };
    await install(admin, namespace, tenants, ...rights);
    const tenant = (name: string) => ({
      apiVersion: 'example.com/v1',
      kind: 'Tenant',
      metadata: { namespace: 'control-plane', name },
    });
    await install(admin, tenant('acme'));
    const env = {
      PATH: `${dirname(await tool('kubectl'))}:${process.env.PATH}`,
      KUBECONFIG: await controlPlane.kubeconfig(await admin.token('control-plane', 'start-ci')),
      HOME: controlPlane.directory,
      RESOURCE: 'tenants.example.com',
    };
    await withPod(recipe, env, async ({ started }) => {
      await expect.poll(() => started.length).toBe(1);
      await install(admin, tenant('globex'));
      await expect.poll(() => started.length).toBe(2);
    });
  });
});

/** What a control plane may define with Crossplane. */
const tenants: ClusterObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'tenants.example.com' },
  spec: {
    group: 'example.com',
    names: { plural: 'tenants', singular: 'tenant', kind: 'Tenant', listKind: 'TenantList' },
    scope: 'Namespaced',
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
};
