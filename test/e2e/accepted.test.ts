import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withDirectory } from '../support/tree.ts';
import { argoCDDefinitions, isNotOfFinalizerName } from './support/argo-cd.ts';
import type { ClusterObject } from './support/cluster.ts';
import { type ControlPlane, startControlPlane } from './support/control-plane.ts';
import { install } from './support/install.ts';
import { allObjectsOf, objectsOf, readYaml, synth } from './support/manifests.ts';
import { definitionFile } from './support/operator.ts';

/** What is rendered, held against the API server itself: schema, strict field validation, admission, Pod Security. */

let controlPlane: ControlPlane;
beforeAll(async () => {
  controlPlane = await startControlPlane();
  await install(
    controlPlane.admin,
    await readYaml<ClusterObject>(definitionFile),
    ...(await argoCDDefinitions()),
  );
});
afterAll(() => controlPlane?.[Symbol.asyncDispose]());

/** The namespaces that objects stand in and that are not rendered: the platform has them. */
async function installNamespaces(objects: readonly ClusterObject[]): Promise<void> {
  const rendered = objects.filter(({ kind }) => kind === 'Namespace');
  const names = new Set(objects.flatMap(({ metadata }) => metadata.namespace ?? []));
  for (const { metadata } of rendered) names.delete(metadata.name);
  const foreign = [...names].map((name) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name },
  }));
  await install(controlPlane.admin, ...rendered, ...foreign);
}

/** What the API server says against objects, or warns of. */
async function saidAgainst(objects: readonly ClusterObject[]): Promise<string[]> {
  const said: string[] = [];
  for (const object of objects) {
    const { status, warnings, body } = await controlPlane.admin.apply(object, { dryRun: true });
    const name = `${object.kind} ${object.metadata.namespace ?? ''}/${object.metadata.name}`;
    if (status >= 300) said.push(`${name}: ${body.message}`);
    said.push(...warnings.filter(isNotOfFinalizerName).map((warning) => `${name} warns: ${warning}`));
  }
  return said;
}

describe('the committed example fleet', () => {
  test('is accepted, file by file, with strict field validation and without a warning', async () => {
    const files = await objectsOf('dist');
    expect(files.size).toBeGreaterThan(20);
    await installNamespaces([...files.values()].flat());
    for (const [file, objects] of files)
      expect({ file, said: await saidAgainst(objects) }).toEqual({ file, said: [] });
  });

  test('its namespace enforces Pod Security, and the registration pod would do in a restricted one', async () => {
    const objects = await allObjectsOf('dist');
    const namespace = objects.find(({ kind }) => kind === 'Namespace');
    expect(namespace?.metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'baseline' });
    const restricted = 'pod-security.kubernetes.io/enforce';
    await install(controlPlane.admin, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'restricted', labels: { [restricted]: 'restricted' } },
    });
    const jobs = objects.filter(({ kind }) => kind === 'Job');
    expect(jobs.length).toBeGreaterThan(5);
    const pods = jobs.map(({ metadata, spec }) => {
      const { serviceAccountName: _, ...pod } = spec.template.spec;
      return {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: metadata.name, namespace: 'restricted' },
        spec: pod,
      };
    });
    await expect
      .poll(() =>
        controlPlane.admin.exists({
          apiVersion: 'v1',
          kind: 'ServiceAccount',
          metadata: { namespace: 'restricted', name: 'default' },
        }),
      )
      .toBe(true);
    expect(await saidAgainst(pods)).toEqual([]);
  });
});

test('a name that the operator could not make its Job of is refused by us, before the API server would', async () => {
  await withDirectory(async (directory) => {
    const example = await readYaml<Record<string, object>>('examples/fleet/platform.yaml');
    const { warehouses } = await readYaml<{ warehouses: { org_id: string }[] }>(
      'examples/fleet/warehouses.yaml',
    );
    const [acme] = warehouses;
    const named = (length: number) => ({
      ...example,
      orgs: { acme: { name: `lakekeeper-${'x'.repeat(length - 11)}` } },
    });
    expect(await synth(directory, named(46), [acme ?? {}])).toMatchObject({ code: 0 });
    const refused = await synth(directory, named(47), [acme ?? {}]);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('longer than 46 characters') });
  });
  // What the API server has against it is that the Job's name becomes a label.
  const [job] = (await allObjectsOf('dist')).filter(({ kind }) => kind === 'Job');
  const name = `lakekeeper-${'x'.repeat(36)}-migrate-7de73ad9`;
  const tooLong = { ...job, metadata: { namespace: job?.metadata.namespace, name } } as ClusterObject;
  expect((await saidAgainst([tooLong])).join()).toContain('must be no more than 63');
});

test('the API server refuses what it does not know: the check can fail', async () => {
  const [job] = (await allObjectsOf('dist')).filter(({ kind }) => kind === 'Job');
  const wrong = { ...job, spec: { ...job?.spec, backofLimit: 3 } } as ClusterObject;
  expect((await saidAgainst([wrong])).join()).toContain('backofLimit');
});

const variations: [string, Record<string, object | string>][] = [
  ['a namespace per org', { tenancy: 'namespacePerOrg' }],
  ['hook mode split', { registration: { hookMode: 'split' } }],
  ['authentication by the cluster', { authentication: { mode: 'kubernetes' } }],
  [
    "authentication by the cluster's issuer",
    {
      authentication: {
        mode: 'openID',
        issuer: 'cluster',
        providerURI: 'https://kubernetes.default.svc.cluster.local',
      },
    },
  ],
];
describe.each(variations)('with %s', (_, change) => {
  test('is accepted as well', async () => {
    await withDirectory(async (directory) => {
      const example = await readYaml<Record<string, object>>('examples/fleet/platform.yaml');
      const settings = {
        ...example,
        ...change,
        registration: Object.assign({}, example.registration, change.registration),
      };
      const { warehouses } = await readYaml<{ warehouses: object[] }>('examples/fleet/warehouses.yaml');
      const { code, stderr } = await synth(directory, settings, warehouses);
      expect({ code, stderr }).toMatchObject({ code: 3 });
      const objects = await allObjectsOf(join(directory, 'dist'));
      expect(objects.length).toBeGreaterThan(40);
      await installNamespaces(objects);
      expect(await saidAgainst(objects)).toEqual([]);
    });
  });
});
