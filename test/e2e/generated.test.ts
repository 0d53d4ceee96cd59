import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { anyFleet } from '../support/any-fleet.ts';
import { fleetObjects } from '../support/fleet.ts';
import { argoCDDefinitions, isNotOfFinalizerName } from './support/argo-cd.ts';
import { ciliumDefinitions, readByCilium } from './support/cilium.ts';
import type { ClusterObject } from './support/cluster.ts';
import { type ControlPlane, startControlPlane } from './support/control-plane.ts';
import { install } from './support/install.ts';
import { readYaml } from './support/manifests.ts';
import { definitionFile } from './support/operator.ts';

/** The other way round from refused-by-kubernetes.test.ts: what synth accepts, the API server accepts. */

let controlPlane: ControlPlane;
beforeAll(async () => {
  controlPlane = await startControlPlane();
  const definition = await readYaml<ClusterObject>(definitionFile);
  const others = [...(await argoCDDefinitions()), ...(await ciliumDefinitions())];
  await install(controlPlane.admin, definition, ...others);
});
afterAll(() => controlPlane?.[Symbol.asyncDispose]());

/** Objects of an org that go with its others, so that a dry run needs them. */
async function installNamespaces(objects: readonly ClusterObject[]): Promise<void> {
  const names = new Set(objects.flatMap(({ metadata }) => metadata.namespace ?? []));
  for (const name of names) {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
    if (!(await controlPlane.admin.exists(namespace))) await install(controlPlane.admin, namespace);
  }
}

/** What settings for Kubernetes 1.34 and 1.35 have, the newer one that is tried here warns of. */
function isOfOlderKubernetes(warning: string): boolean {
  return warning.includes('v1beta1 MutatingAdmissionPolicy');
}

/** Fields that the fork's definition has, and the upstream one that is installed here has not. */
function withoutFieldsOfTheFork(object: ClusterObject): ClusterObject {
  if (object.kind !== 'Lakekeeper') return object;
  const { serviceAccountName, podMetadata, ...spec } = object.spec;
  return { ...object, spec };
}

/** Kinds of operators whose definitions are not here: those of Argo CD and of Prometheus. */
const notInstalled = new Set(['ArgoCD', 'PrometheusRule']);

test('random settings that synth accepts are accepted, with strict validation and without a warning', async () => {
  let seen = 0;
  const ofCilium: ClusterObject[] = [];
  const property = fc.asyncProperty(anyFleet, async ({ settings, catalogs }) => {
    const rendered = fleetObjects(catalogs.slice(0, 1), settings) as ClusterObject[];
    const objects = rendered.filter(({ kind }) => !notInstalled.has(kind));
    await installNamespaces(objects);
    ofCilium.push(...objects.filter(({ kind }) => kind === 'CiliumNetworkPolicy'));
    for (const object of objects) {
      const { status, warnings, body } = await controlPlane.admin.apply(withoutFieldsOfTheFork(object), {
        dryRun: true,
      });
      const said = [
        ...(status < 300 ? [] : [body.message]),
        ...warnings.filter((warning) => isNotOfFinalizerName(warning) && !isOfOlderKubernetes(warning)),
      ];
      expect({ object, said }).toEqual({ object, said: [] });
      seen += 1;
    }
  });
  await fc.assert(property, { numRuns: 60 });
  expect(seen).toBeGreaterThan(600);
  expect(ofCilium.length).toBeGreaterThan(10);
  const answers = await readByCilium(ofCilium);
  expect(ofCilium.filter((_, index) => !answers[index]?.rules?.length)).toEqual([]);
});

test('Cilium refuses what it does not know: the check can fail', async () => {
  const policy = (egress: object) => ({
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumNetworkPolicy',
    metadata: { name: 'one', namespace: 'lakekeeper' },
    spec: { endpointSelector: {}, egress: [egress] },
  });
  const [entity, name, field, right] = await readByCilium([
    policy({ toEntities: ['nodes'] }),
    policy({ toFQDNs: [{ matchName: 'not a name' }] }),
    policy({ toNames: ['s3.example.com'] }),
    policy({ toEntities: ['host'] }),
  ]);
  expect(entity?.refused).toContain('unsupported entity: nodes');
  expect(name?.refused).toContain('not a name');
  expect(field?.refused).toContain('toNames');
  expect(right?.rules).toHaveLength(1);
  const { status } = await controlPlane.admin.apply(policy({ toEntities: ['nodes'] }), { dryRun: true });
  expect(status).toBeGreaterThanOrEqual(400);
});
