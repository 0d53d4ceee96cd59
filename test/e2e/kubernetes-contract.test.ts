import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { kubernetesClient } from '../../src/clients/kubernetes/kubernetes-client.ts';
import { connectKubernetes } from '../../src/clients/kubernetes/kubernetes-connection.ts';
import type { RawRecord } from '../../src/mapping/raw-record.ts';
import type { RecordPlace } from '../../src/mapping/recorded-resource.ts';
import { sourceMapping } from '../../src/mapping/source-mapping.ts';
import { writeResource } from '../../src/registration/row/write-resource.ts';
import { openSource } from '../../src/source/open.ts';
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

test('a resource of any kind is an org, and has its record, as far as its schema has a place for it', async () => {
  const { admin } = controlPlane;
  const group = 'platform.example.org';
  const names = { kind: 'Tenant', plural: 'tenants', singular: 'tenant' };
  const free = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const text = { type: 'string' };
  const catalog = { type: 'object', additionalProperties: text };
  const status = { type: 'object', properties: { bucket: text, catalog } };
  const version = {
    ...{ name: 'v1', served: true, storage: true, subresources: { status: {} } },
    schema: { openAPIV3Schema: { type: 'object', properties: { spec: free, status } } },
  };
  const namespace = 'tenants';
  const acme = {
    ...{
      apiVersion: `${group}/v1`,
      kind: 'Tenant',
      metadata: { namespace, name: 'acme', labels: { plan: 'paid' } },
    },
    spec: { enabled: true },
  };
  const globex = { ...acme, metadata: { namespace, name: 'globex', labels: { plan: 'free' } } };
  await install(
    admin,
    {
      ...{ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' },
      metadata: { name: `tenants.${group}` },
      spec: { group, names, scope: 'Namespaced', versions: [version] },
    },
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    acme,
    globex,
  );
  await admin.patch(acme, { status: { bucket: 'acme-lake' } }, 'status');
  const paths = { org: 'metadata.name', icebergEnabled: 'spec.enabled', dataStoreBucket: 'status.bucket' };
  const kind = { group, version: 'v1', plural: 'tenants', namespace };
  vi.stubEnv('KUBECONFIG', await controlPlane.kubeconfig(adminToken));
  const records: RawRecord[] = [];
  const resource = { ...kind, labelSelector: 'plan in (paid)' };
  const source = { schema: '', table: '', mapping: sourceMapping(paths), resource };
  for await (const one of await openSource(source, {})) records.push(one);
  vi.unstubAllEnvs();
  expect(records).toMatchObject([
    { at: 'tenants[tenants/acme]', columns: { org_id: 'acme', data_store_bucket_name: 'acme-lake' } },
  ]);

  const client = kubernetesClient(await as(adminToken));
  const write = (place: RecordPlace, message: string, its = client) => {
    const target = { ...kind, name: 'acme', mapping: paths, place };
    return writeResource(its, { target, org: 'acme', gate: 'open' }, () => ({ status_message: message }));
  };
  expect(await write('annotations', 'one')).toBe('updated');
  expect(await write('annotations', 'one')).toBe('unchanged');
  expect(await write({ status: 'catalog' }, 'two')).toBe('updated');
  const written = {
    metadata: { annotations: { 'lakekeeper-gitops/message': 'one' } },
    status: { bucket: 'acme-lake', catalog: { message: 'two' } },
  };
  expect(await admin.get(acme)).toMatchObject(written);
  await expect(write({ status: 'lake' }, 'three')).rejects.toThrow(
    /the API server dropped status\.lake\.message/,
  );
  const overtaken: typeof client = {
    ...client,
    call: async (call, signal) => {
      if (call.verb === 'patch') await admin.patch(acme, { spec: { enabled: false } });
      return client.call(call, signal);
    },
  };
  expect(await write('annotations', 'four', overtaken)).toBe('closed');
  expect(await admin.get(acme)).toMatchObject(written);
});

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
