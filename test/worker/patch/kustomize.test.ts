import { spawnSync } from 'node:child_process';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { Format } from '../../../src/worker/patch/render-patch.ts';
import { lakekeeperGitops } from '../../support/program.ts';
import { withDirectory } from '../../support/tree.ts';

/**
 * The three forms, put to the test by Kustomize itself. It comes with kubectl, which npm does not have in a handy
 * size: where it is missing, this says so in one line, and in CI that is a failure.
 */
const kubectl = process.env.KUBECTL || 'kubectl';
const isThere = spawnSync(kubectl, ['version', '--client']).status === 0;
if (!isThere) process.stderr.write(`not run without ${kubectl}: test/worker/patch/kustomize.test.ts\n`);

const fleet = [
  '--warehouses',
  'examples/fleet/warehouses.yaml',
  '--platform',
  'examples/fleet/platform.yaml',
];

/** What `kubectl kustomize` makes of the example worker with a patch in this form. */
async function kustomized(format: Format): Promise<unknown> {
  const printed = await lakekeeperGitops([
    'worker-patch',
    '--org',
    'umbrella',
    '--format',
    format,
    '--workload',
    'examples/fleet/worker.yaml',
    '--container',
    'worker',
    ...fleet,
  ]);
  expect(printed).toMatchObject({ code: 0, stderr: '' });
  return withDirectory(async (directory) => {
    await mkdir(join(directory, 'component'));
    await cp('examples/fleet/worker.yaml', join(directory, 'worker.yaml'));
    const file = format === 'component' ? 'component/kustomization.yaml' : 'patch.yaml';
    await writeFile(join(directory, file), printed.stdout);
    const use =
      format === 'component'
        ? { components: ['component'] }
        : {
            patches: [
              { path: 'patch.yaml', ...(format === 'json' ? { target: { kind: 'Deployment' } } : {}) },
            ],
          };
    await writeFile(join(directory, 'kustomization.yaml'), stringify({ resources: ['worker.yaml'], ...use }));
    const { status, stdout, stderr } = spawnSync(kubectl, ['kustomize', directory], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    return parse(stdout);
  });
}

test('kubectl is installed, at least in CI', () => {
  expect(isThere || !['true', '1'].includes(process.env.CI ?? '')).toBe(true);
});

describe.runIf(isThere)('kubectl kustomize', () => {
  test.each<Format>(['strategic', 'json', 'component'])(
    'completes the example worker by the form %s',
    async (format) => {
      const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
      const deployment = (await kustomized(format)) as {
        metadata: object;
        spec: { template: { spec: Record<string, { name: string }[]> } };
      };
      const pod = deployment.spec.template.spec;
      expect(deployment.metadata).toEqual({ name: 'duckgres-worker', namespace: 'duckgres' });
      expect(pod.volumes?.sort(byName)).toEqual([
        { name: 'extensions', emptyDir: {} },
        {
          name: 'lakekeeper-token',
          projected: {
            sources: [
              {
                serviceAccountToken: {
                  audience: 'lakekeeper-umbrella',
                  expirationSeconds: 3600,
                  path: 'token',
                },
              },
            ],
          },
        },
      ]);
      expect(pod.initContainers?.sort(byName)).toMatchObject([
        { name: 'extensions', image: 'ghcr.io/example/duckdb-extensions:v1.4.2' },
        {
          name: 'lakekeeper-token-broker',
          restartPolicy: 'Always',
          args: [
            'token-broker',
            '--token-file',
            '/var/run/secrets/lakekeeper/token',
            '--listen',
            '127.0.0.1:9876',
            '--path',
            '/token',
          ],
          volumeMounts: [
            { name: 'lakekeeper-token', mountPath: '/var/run/secrets/lakekeeper', readOnly: true },
          ],
        },
      ]);
      // Kustomize puts what it merges first.
      const [metrics, worker, ...more] = pod.containers?.sort(byName) ?? [];
      expect(more).toEqual([]);
      expect(metrics).not.toHaveProperty('env');
      expect(worker).toMatchObject({ name: 'worker', image: 'ghcr.io/example/duckgres-worker:v1.0.0' });
      expect((worker as unknown as { env: { name: string }[] }).env.sort(byName)).toEqual([
        { name: 'DUCKDB_EXTENSION_DIRECTORY', value: '/extensions' },
        { name: 'LAKEKEEPER_TOKEN_URL', value: 'http://127.0.0.1:9876/token' },
        { name: 'NO_PROXY', value: '127.0.0.1,lakekeeper-umbrella-corp.lakekeeper.svc' },
      ]);
    },
  );
});
