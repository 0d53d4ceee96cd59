import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe } from 'vitest';
import { parse } from 'yaml';
import { kubernetesClient } from '../../src/clients/kubernetes/kubernetes-client.ts';
import { connectKubernetes } from '../../src/clients/kubernetes/kubernetes-connection.ts';
import { kubernetesContract } from '../contracts/kubernetes.ts';
import { type RollOutTarget, rollOutContract } from '../contracts/roll-out.ts';
import { labelsOf } from '../support/roll-out.ts';
import type { ClusterObject } from './support/cluster.ts';
import { adminToken, type ControlPlane, limitedToken, startControlPlane } from './support/control-plane.ts';
import { install } from './support/install.ts';
import { definitionFile } from './support/operator.ts';

/** What the stand-in for the Kubernetes API is held to, asked of the real one. */

let controlPlane: ControlPlane;
beforeAll(async () => {
  controlPlane = await startControlPlane();
  await install(controlPlane.admin, parse(readFileSync(definitionFile, 'utf8')));
});
afterAll(() => controlPlane?.[Symbol.asyncDispose]());
const as = async (token: string) => connectKubernetes({ kubeconfig: await controlPlane.kubeconfig(token) });

kubernetesContract('kube-apiserver', async () => ({
  admin: await as(adminToken),
  limited: await as(limitedToken),
  limitedUser: 'limited',
  // A real server sends no bookmark in the first seconds.
  bookmarkSeconds: 8,
  close: async () => {},
}));

describe('kube-controller-manager', () => {
  const [namespace, name] = ['roll-out', 'lakekeeper-acme'];
  let target: RollOutTarget;
  beforeAll(async () => {
    const { admin } = controlPlane;
    await install(admin, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    const pods = () => admin.list({ apiVersion: 'v1', kind: 'Pod' }, namespace);
    target = {
      client: kubernetesClient(await as(adminToken)),
      namespace,
      name,
      deploy: (image, replicas) =>
        install(admin, {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { namespace, name },
          spec: {
            replicas,
            selector: { matchLabels: labelsOf(name) },
            template: {
              metadata: { labels: labelsOf(name) },
              spec: { containers: [{ name: 'lakekeeper', image }] },
            },
          },
        } as ClusterObject),
      makeReady: async () => {
        const conditions = ['Ready', 'ContainersReady'].map((type) => ({ type, status: 'True' }));
        for (const pod of await pods())
          await admin.patch(pod, { status: { phase: 'Running', conditions } }, 'status').catch(() => {});
      },
    };
  });
  rollOutContract(() => target, true);
});
