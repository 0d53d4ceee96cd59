import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { V1PodSpec } from '@kubernetes/client-node';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { UsageError } from '../../../src/text/errors.ts';
import { jsonPatch, strategicMergePatch } from '../../../src/worker/patch/patches.ts';
import {
  catalogsThatNeedBroker,
  type WorkerNeeds,
  workerNeeds,
} from '../../../src/worker/patch/worker-needs.ts';
import { anyDeployment, notAdmitted, parseWorkload } from '../../../src/worker/patch/workload.ts';
import { orgIds } from '../../support/arbitrary.ts';
import { catalog, externalProvider, platform, type SettingsOverrides } from '../../support/fleet.ts';
import { acceptedByKubernetes } from '../../support/kubernetes-types.ts';
import { applyJsonPatch, mergeStrategically } from '../../support/patch.ts';
import { againstRestricted } from '../../support/pod-security.ts';
import { askForToken, withBrokerProcess } from '../../support/token-broker.ts';
import { withDirectory } from '../../support/tree.ts';

const cluster = { mode: 'openID', issuer: 'cluster', providerURI: 'https://oidc.example.com' } as const;
const needsOf = async (org: string, settings: SettingsOverrides = {}): Promise<WorkerNeeds> => {
  const parsed = platform({ authentication: cluster, ...settings });
  return workerNeeds(catalog(org, parsed, { duckling_name: 'duckling' }), parsed);
};
const tokenURL = (url: string) => ({
  workers: { namespace: 'duckgres', podSelector: { app: '{org}' }, tokenURL: url },
});
const worker = parse(await readFile('examples/fleet/worker.yaml', 'utf8')) as Record<string, unknown>;
const podOf = (deployment: object) =>
  (deployment as { spec: { template: { spec: V1PodSpec } } }).spec.template.spec;

describe('what workers need', () => {
  test('is a token for the audience of their org alone', async () => {
    await fc.assert(
      fc.asyncProperty(orgIds, async (org) => {
        const { audience } = catalog(org, platform({ authentication: cluster }), { duckling_name: 'd' })
          .authentication as { audience: string };
        expect((await needsOf(org)).volume).toMatchObject({
          projected: {
            sources: [{ serviceAccountToken: { audience, path: 'token', expirationSeconds: 3600 } }],
          },
        });
      }),
    );
  });

  test('is the broker at the URL that registration writes into the row', async () => {
    const { sidecar, env } = await needsOf('acme', tokenURL('http://[::1]:1234/oauth/token'));
    expect(sidecar.args).toEqual([
      'token-broker',
      '--token-file',
      '/var/run/secrets/lakekeeper/token',
      '--listen',
      '[::1]:1234',
      '--path',
      '/oauth/token',
    ]);
    expect(env).toEqual({ name: 'LAKEKEEPER_TOKEN_URL', value: 'http://[::1]:1234/oauth/token' });
  });

  test('is a sidecar that starts as it says, answers at that URL, and is found ready by its probes', async () => {
    const { sidecar, env } = await needsOf('acme');
    await withDirectory(async (directory) => {
      await writeFile(join(directory, 'token'), 'opaque');
      const [, ...args] = (sidecar.args as string[]).map((arg) =>
        arg.replace('/var/run/secrets/lakekeeper', directory).replace(':9876', ':0'),
      );
      await withBrokerProcess(args, async ({ port }) => {
        const path = new URL(String(env.value)).pathname;
        expect((await askForToken(port, { path })).body.access_token).toBe('opaque');
        const {
          command: [program, ...probe],
        } = (sidecar.readinessProbe as { exec: { command: string[] } }).exec;
        expect(program).toBe('lakekeeper-gitops');
        const { lakekeeperGitops } = await import('../../support/program.ts');
        const asked = await lakekeeperGitops(probe.map((arg) => arg.replace(':9876', `:${port}`)));
        expect(asked).toMatchObject({ code: 0 });
      });
    });
  });

  test.each([
    'http://broker.example:9876/token',
    'http://0.0.0.0:9876/token',
    'http://127.0.0.1/token',
    'http://127.0.0.1:9876/',
    'http://127.0.0.1:9876/token?x=1',
    'http://127.0.0.1:9876/health',
  ])('cannot be a broker at %s', async (url) => {
    const refusal = needsOf('acme', tokenURL(url));
    await expect(refusal).rejects.toThrow(UsageError);
    await expect(refusal).rejects.toThrow(/workers\.tokenURL/);
  });

  test.each<[string, SettingsOverrides, RegExp]>([
    [
      'authentication is off',
      { authentication: { mode: 'none' } },
      /org "acme" need no patch: authentication is off/,
    ],
    [
      'the provider gives them their tokens',
      { authentication: externalProvider },
      /need no patch: workers get their tokens from https:\/\/idp\.example\.com\/token/,
    ],
  ])('is nothing when %s', async (_, settings, message) => {
    await expect(needsOf('acme', settings)).rejects.toThrow(message);
    const parsed = platform(settings);
    const said: string[] = [];
    expect(
      catalogsThatNeedBroker([catalog('acme', parsed), catalog('globex', parsed)], (line) => said.push(line)),
    ).toEqual([]);
    expect(said).toEqual([expect.stringMatching(/: 2$/)]);
  });
});

/** The broker, and the org's catalog. */
const noProxy = { name: 'NO_PROXY', value: '127.0.0.1,lakekeeper-umbrella.lakekeeper.svc' };

describe.each([
  [
    'strategic merge patch',
    (needs: WorkerNeeds, at: typeof worker) =>
      mergeStrategically(at, strategicMergePatch(needs, parseWorkload('w', at, 'worker'))),
  ],
  [
    'JSON patch',
    (needs: WorkerNeeds, at: typeof worker) =>
      applyJsonPatch(at, jsonPatch(needs, parseWorkload('w', at, 'worker'))),
  ],
])('the %s', (_, patched) => {
  test('adds token, sidecar and environment, and removes nothing', async () => {
    const needs = await needsOf('umbrella');
    const pod = podOf(patched(needs, worker));
    const before = podOf(worker);
    expect(pod.volumes).toEqual(expect.arrayContaining([...(before.volumes ?? []), needs.volume]));
    expect(pod.initContainers).toEqual(
      expect.arrayContaining([...(before.initContainers ?? []), needs.sidecar]),
    );
    expect(pod.containers).toEqual([
      before.containers[0],
      { ...before.containers[1], env: [...(before.containers[1]?.env ?? []), needs.env, noProxy] },
    ]);
    expect({ ...pod, volumes: 0, initContainers: 0, containers: 0 }).toEqual({
      ...before,
      volumes: 0,
      initContainers: 0,
      containers: 0,
    });
  });

  test('fits a worker that has none of the lists yet', async () => {
    const bare = structuredClone(worker);
    for (const list of ['volumes', 'initContainers'])
      delete (podOf(bare) as unknown as Record<string, unknown>)[list];
    delete podOf(bare).containers[1]?.env;
    const needs = await needsOf('umbrella');
    const pod = podOf(patched(needs, bare));
    expect([pod.volumes, pod.initContainers, pod.containers[1]?.env]).toEqual([
      [needs.volume],
      [needs.sidecar],
      [needs.env, noProxy],
    ]);
  });

  test.each(['NO_PROXY', 'no_proxy'])('adds to what %s excludes from a proxy already', async (name) => {
    const proxied = structuredClone(worker);
    podOf(proxied).containers[1]?.env?.push({ name, value: '10.0.0.0/8, 127.0.0.1' });
    const [, container] = podOf(patched(await needsOf('umbrella'), proxied)).containers;
    expect(container?.env?.filter((entry) => /proxy/i.test(entry.name))).toEqual([
      { name, value: '10.0.0.0/8,127.0.0.1,lakekeeper-umbrella.lakekeeper.svc' },
    ]);
  });

  test('leaves NO_PROXY alone where it comes from elsewhere', async () => {
    for (const [name, source] of [
      ['env', [{ name: 'NO_PROXY', valueFrom: { configMapKeyRef: { name: 'proxy', key: 'no' } } }]],
      ['envFrom', [{ configMapRef: { name: 'proxy' } }]],
    ] as const) {
      const proxied = structuredClone(worker);
      Object.assign(podOf(proxied).containers[1] ?? {}, { [name]: source });
      const [, container] = podOf(patched(await needsOf('umbrella'), proxied)).containers;
      const own = name === 'env' ? source : [];
      expect(container?.env?.filter((entry) => entry.name === 'NO_PROXY')).toEqual(own);
    }
  });

  test('is idempotent', async () => {
    const needs = await needsOf('umbrella');
    const once = patched(needs, worker) as typeof worker;
    expect(patched(needs, once)).toEqual(once);
  });

  test('results in pods that Kubernetes accepts at the level "restricted"', async () => {
    const result = patched(await needsOf('umbrella'), worker);
    expect(acceptedByKubernetes(result)).toEqual([]);
    expect(againstRestricted(podOf(result))).toEqual([]);
  });

  test('mounts the token into the sidecar only', async () => {
    const { containers, initContainers = [] } = podOf(patched(await needsOf('umbrella'), worker));
    const mounting = [...containers, ...initContainers].filter(({ volumeMounts = [] }) =>
      volumeMounts.some(({ name }) => name === 'lakekeeper-token'),
    );
    expect(mounting.map(({ name, restartPolicy }) => [name, restartPolicy])).toEqual([
      ['lakekeeper-token-broker', 'Always'],
    ]);
  });
});

describe('the workload', () => {
  test.each([
    ['Pod', 'v1', ['spec']],
    ['StatefulSet', 'apps/v1', ['spec', 'template', 'spec']],
    ['CronJob', 'batch/v1', ['spec', 'jobTemplate', 'spec', 'template', 'spec']],
  ])('may be a %s', (kind, apiVersion, podSpec) => {
    const manifest = podSpec.reduceRight<object>((inner, key) => ({ [key]: inner }), {
      containers: [{ name: 'duck' }],
    });
    expect(parseWorkload('w', { apiVersion, kind, ...manifest }, undefined)).toMatchObject({
      kind,
      podSpec,
      name: undefined,
      container: { name: 'duck', index: 0 },
      lists: { env: undefined },
    });
  });

  test.each<[unknown, string | undefined, RegExp]>([
    [null, undefined, /^w: is not one of: Deployment/],
    [[], undefined, /^w: is not one of/],
    [{ apiVersion: 'v1', kind: 'Service' }, undefined, /^w: is not one of/],
    [
      { apiVersion: 'apps/v1', kind: 'Deployment' },
      undefined,
      /^w: spec\.template\.spec\.containers has no container$/,
    ],
    [worker, 'duckdb', /has no container "duckdb"; it has: metrics, worker$/],
    [{ apiVersion: 'v1', kind: 'Pod', spec: { containers: [null] } }, undefined, /has no container/],
  ])('%j is refused', (manifest, container, message) => {
    expect(() => parseWorkload('w', manifest, container)).toThrow(message);
  });

  test('gets a warning if the catalog does not admit its pods', () => {
    const settings = platform({
      workers: { namespace: 'ducks', podSelector: { 'duckgres/active-org': '{org}' } },
    });
    expect(notAdmitted(catalog('acme', settings), parseWorkload('w', worker, 'worker'))).toEqual([
      'the catalog of org "acme" admits pods of the namespace ducks, and these are in duckgres',
      'the catalog of org "acme" admits pods with the label duckgres/active-org: acme, which these lack',
    ]);
    expect(notAdmitted(catalog('umbrella', platform()), parseWorkload('w', worker, 'worker'))).toEqual([]);
    expect(notAdmitted(catalog('acme', settings), anyDeployment('worker'))).toEqual([]);
  });

  test('without a manifest is any Deployment, by its first container', async () => {
    const needs = await needsOf('acme');
    expect(jsonPatch(needs, anyDeployment('worker')).map(({ op, path }) => [op, path])).toEqual([
      ['add', '/spec/template/spec/volumes/-'],
      ['add', '/spec/template/spec/initContainers/-'],
      ['add', '/spec/template/spec/containers/0/env/-'],
    ]);
  });
});
