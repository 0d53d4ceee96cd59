import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type KubernetesClient,
  type KubernetesObject,
  kubernetesClient,
  type WatchEvent,
} from '../../src/clients/kubernetes/kubernetes-client.ts';
import type { KubernetesConnection } from '../../src/clients/kubernetes/kubernetes-connection.ts';
import type { Call } from '../../src/clients/kubernetes/kubernetes-request.ts';
import { createEvent } from '../../src/registration/objects/catalog-events.ts';
import { resources } from '../../src/registration/objects/cluster-objects.ts';
import type { LakekeeperObject } from '../../src/registration/objects/operator-objects.ts';
import type { SecretObject } from '../../src/registration/objects/secret-objects.ts';
import { managedFieldsContract } from './managed-fields.ts';

/** Whom the suite talks to, and as whom. */
export interface KubernetesTarget {
  /** May do everything. */
  readonly admin: KubernetesConnection;
  /** A user without any right, and its name. */
  readonly limited: KubernetesConnection;
  readonly limitedUser: string;
  /** How long a watch has to last to be given a bookmark: a real server sends none in the first seconds. */
  readonly bookmarkSeconds: number;
  readonly close: () => Promise<void>;
}

const spec = {
  image: 'quay.io/lakekeeper/catalog:v0.12.2',
  replicas: 1,
  authorization: { backend: 'allowall' },
  database: {
    type: 'postgres',
    postgres: {
      host: 'postgres.example.com',
      port: 5432,
      database: 'lakekeeper_acme',
      passwordSecretRef: { name: 'lakekeeper-acme', key: 'db-password' },
      userSecretRef: { name: 'lakekeeper-acme', key: 'db-user' },
      encryptionKeySecretRef: { name: 'lakekeeper-acme', key: 'encryption-key' },
    },
  },
};

/** What the product relies on from a Kubernetes API server; what is not stated here, it may not rely on. */
export function kubernetesContract(title: string, open: () => Promise<KubernetesTarget>): void {
  describe(title, () => {
    const namespace = `contract-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
    let target: KubernetesTarget;
    let admin: KubernetesClient;
    let limited: KubernetesClient;

    beforeAll(async () => {
      target = await open();
      admin = kubernetesClient(target.admin);
      limited = kubernetesClient(target.limited);
      await post(target.admin, '/api/v1/namespaces', {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: namespace },
      });
      // A pod needs one; where a controller makes it, that may have been quicker.
      await post(target.admin, `/api/v1/namespaces/${namespace}/serviceaccounts`, {
        metadata: { name: 'default' },
      });
    });
    afterAll(() => target?.close());

    const make = <T = KubernetesObject>(resource: Call['resource'], body: unknown): Promise<T> =>
      admin.call<T>({ verb: 'create', resource, namespace, body });
    const patch = <T = KubernetesObject>(resource: Call['resource'], name: string, body: unknown) =>
      admin.call<T>({ verb: 'patch', resource, namespace, name, body });
    const get = <T = KubernetesObject>(resource: Call['resource'], name: string): Promise<T> =>
      admin.call<T>({ verb: 'get', resource, namespace, name });
    const makeLakekeeper = (name: string) =>
      make<LakekeeperObject>(resources.lakekeepers, {
        apiVersion: 'lakekeeper.k8s.lakekeeper.io/v1alpha1',
        kind: 'Lakekeeper',
        metadata: { name },
        spec,
      });

    test('gives Secrets back as data in base64, also what was written as stringData', async () => {
      const made = await make<SecretObject>(resources.secrets, {
        metadata: { name: 'both' },
        data: { a: 'YQ==' },
        stringData: { b: 'b' },
      });
      expect(made).toMatchObject({ type: 'Opaque', data: { a: 'YQ==', b: 'Yg==' } });
      expect(made).not.toHaveProperty('stringData');
      expect(await get(resources.secrets, 'both')).toMatchObject({ data: { a: 'YQ==', b: 'Yg==' } });
    });

    managedFieldsContract(() => ({
      ours: admin,
      namespace,
      patchAsAnother: (name, body) =>
        send(target.admin, 'PATCH', `/api/v1/namespaces/${namespace}/secrets/${name}`, body, {
          'user-agent': 'kubectl/v1.36.0',
          'content-type': 'application/merge-patch+json',
        }),
    }));

    test('answers a second create with 409 AlreadyExists and keeps the first', async () => {
      await make(resources.secrets, { metadata: { name: 'twice' }, data: { a: 'YQ==' } });
      const second = make(resources.secrets, { metadata: { name: 'twice' }, data: { a: 'Yg==' } });
      await expect(second).rejects.toMatchObject({ code: 409, reason: 'AlreadyExists' });
      expect(await get(resources.secrets, 'twice')).toMatchObject({ data: { a: 'YQ==' } });
    });

    test('creates nothing in a namespace that is not there, and says 404', async () => {
      const call = {
        verb: 'create',
        resource: resources.secrets,
        namespace: 'not-there',
        body: { metadata: { name: 'a' } },
      } as const;
      await expect(admin.call(call)).rejects.toMatchObject({ code: 404, reason: 'NotFound' });
    });

    test('says 404 for an object that is not there, and for a kind', async () => {
      await expect(get(resources.secrets, 'none')).rejects.toMatchObject({ code: 404, reason: 'NotFound' });
      const unknown = { group: 'nope.example.com', version: 'v1', plural: 'things' };
      await expect(get(unknown, 'none')).rejects.toMatchObject({ code: 404 });
    });

    test('a merge patch changes what it names, takes away what is null, and leaves the rest', async () => {
      await make(resources.configMaps, { metadata: { name: 'merged' }, data: { a: '1', b: '2', c: '3' } });
      const patched = await patch(resources.configMaps, 'merged', { data: { a: null, b: '5' } });
      expect(patched).toMatchObject({ data: { b: '5', c: '3' } });
      expect(patched).not.toHaveProperty('data.a');
    });

    test('a merge patch that changes nothing is no new version', async () => {
      const made = await make(resources.configMaps, { metadata: { name: 'same' }, data: { a: '1' } });
      const patched = await patch(resources.configMaps, 'same', { data: { a: '1' } });
      expect(patched.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
    });

    test('a merge patch with another resourceVersion is refused with 409 Conflict', async () => {
      const first = await make(resources.secrets, { metadata: { name: 'guarded' }, data: { a: 'YQ==' } });
      const { resourceVersion } = first.metadata;
      await patch(resources.secrets, 'guarded', {
        metadata: { resourceVersion },
        data: { b: 'Yg==' },
      });
      const stale = patch(resources.secrets, 'guarded', {
        metadata: { resourceVersion },
        data: { c: 'Yw==' },
      });
      await expect(stale).rejects.toMatchObject({ code: 409, reason: 'Conflict' });
      expect(await get<SecretObject>(resources.secrets, 'guarded')).toMatchObject({
        data: { a: 'YQ==', b: 'Yg==' },
      });
    });

    test('a delete with another uid or resourceVersion is refused with 409 Conflict', async () => {
      const first = await make(resources.secrets, { metadata: { name: 'to-delete' }, data: { a: 'YQ==' } });
      const { uid, resourceVersion } = first.metadata;
      const remove = (preconditions: object) =>
        admin.call({
          ...{ verb: 'delete', resource: resources.secrets, namespace, name: 'to-delete' },
          body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions },
        });
      const second = await patch(resources.secrets, 'to-delete', { data: { b: 'Yg==' } });
      await expect(remove({ uid, resourceVersion })).rejects.toMatchObject({ code: 409, reason: 'Conflict' });
      const current = { uid, resourceVersion: second.metadata.resourceVersion };
      await expect(remove({ ...current, uid: 'another' })).rejects.toMatchObject({ code: 409 });
      await remove(current);
      await expect(remove(current)).rejects.toMatchObject({ code: 404 });
    });

    test('a delete of what a finalizer keeps is answered with the object, and else with a Status', async () => {
      const name = 'kept';
      await make(resources.secrets, { metadata: { name, finalizers: ['contract.example/kept'] } });
      const remove = () => admin.call({ verb: 'delete', resource: resources.secrets, namespace, name });
      expect(await remove()).toMatchObject({
        kind: 'Secret',
        metadata: { deletionTimestamp: expect.anything() },
      });
      expect((await get(resources.secrets, name)).metadata.deletionTimestamp).toBeDefined();
      await patch(resources.secrets, name, { metadata: { finalizers: null } });
      await expect(remove()).rejects.toMatchObject({ code: 404 });
      await make(resources.secrets, { metadata: { name } });
      expect(await remove()).toMatchObject({ kind: 'Status' });
    });

    test('a refused write of a Secret may quote it: our error does not', async () => {
      const value = Buffer.from('a-very-secret-value').toString('base64');
      await make(resources.secrets, { metadata: { name: 'quoted' }, data: { a: value } });
      const refused = await patch(resources.secrets, 'quoted', { data: { b: '!!' } }).catch(
        (error: unknown) => error,
      );
      expect(refused).toMatchObject({ name: 'PermanentError', cause: { code: 422, reason: 'Invalid' } });
      expect(`${refused} ${(refused as Error).cause}`).not.toContain(value);
    });

    test('the status of a custom resource is a subresource; annotations make no new generation', async () => {
      const made = await makeLakekeeper('split');
      expect(made.metadata.generation).toBe(1);
      const status = { bootstrappedAt: '2026-01-01T00:00:00Z', serverID: 'a' };
      const body = { status, metadata: { annotations: { touched: 'yes' } } };
      const touched = await patch<LakekeeperObject>(resources.lakekeepers, 'split', body);
      expect(touched.status?.bootstrappedAt).toBeUndefined();
      expect(touched.metadata).toMatchObject({ generation: 1, annotations: { touched: 'yes' } });
      const told = await admin.call<LakekeeperObject>({
        verb: 'patch',
        resource: resources.lakekeepers,
        namespace,
        name: 'split',
        subresource: 'status',
        body: { status, spec: { replicas: 5 } },
      });
      expect(told).toMatchObject({ status, spec: { replicas: 1 }, metadata: { generation: 1 } });
      const scaled = await patch<LakekeeperObject>(resources.lakekeepers, 'split', { spec: { replicas: 2 } });
      expect(scaled).toMatchObject({ status, metadata: { generation: 2 } });
    });

    test('lists in pages, of one namespace and of all, what has a label, whatever its value', async () => {
      const names = ['paged-1', 'paged-2', 'paged-3'];
      for (const name of names)
        await make(resources.configMaps, { metadata: { name, labels: { [namespace]: name } } });
      const query = { labelSelector: namespace, limit: '2' };
      const listing = { verb: 'list', resource: resources.configMaps } as const;
      type Page = { metadata: { continue?: string }; items: KubernetesObject[] };
      for (const where of [namespace, '']) {
        const first = await admin.call<Page>({ ...listing, namespace: where, query });
        const token = first.metadata.continue ?? '';
        const second = await admin.call<Page>({
          ...listing,
          namespace: where,
          query: { ...query, continue: token },
        });
        expect(first.items).toHaveLength(2);
        const all = [...first.items, ...second.items].map(({ metadata }) => metadata);
        expect(all.map(({ name }) => name).sort()).toEqual(names);
        expect(new Set(all.map((one) => one.namespace))).toEqual(new Set([namespace]));
        expect(second.metadata.continue || undefined).toBeUndefined();
      }
    });

    test('a watch has the events after its version, of the selected object, until its timeout', async () => {
      const fieldSelector = 'metadata.name=watched';
      const query = { fieldSelector };
      const listing = { verb: 'list', resource: resources.configMaps, namespace, query } as const;
      const before = await admin.call<{ metadata: { resourceVersion: string }; items: unknown[] }>(listing);
      expect(before.items).toEqual([]);
      await make(resources.configMaps, { metadata: { name: 'other' } });
      const first = await make(resources.configMaps, { metadata: { name: 'watched' }, data: { a: '1' } });
      await patch(resources.configMaps, 'watched', { data: { a: '2' } });
      const events = async (resourceVersion: string) =>
        summarize(
          await all(
            admin.watch(
              {
                ...listing,
                verb: 'watch',
                query: { fieldSelector, watch: 'true', resourceVersion, timeoutSeconds: '1' },
              },
              AbortSignal.timeout(10_000),
            ),
          ),
        );
      const [fromStart, resumed] = await Promise.all([
        events(before.metadata.resourceVersion),
        events(first.metadata.resourceVersion),
      ]);
      expect(fromStart).toEqual(['ADDED watched 1', 'MODIFIED watched 2']);
      expect(resumed).toEqual(['MODIFIED watched 2']);
      const now = await admin.call<{ items: KubernetesObject[] }>(listing);
      expect(now.items.map(({ metadata }) => metadata.name)).toEqual(['watched']);
    });

    test('a watch from a version that the server no longer has is told 410 Expired, inside the watch', async () => {
      await makeLakekeeper('old');
      const query = { fieldSelector: 'metadata.name=old', watch: 'true', resourceVersion: '1' };
      const events = await all(
        admin.watch(
          {
            verb: 'watch',
            resource: resources.lakekeepers,
            namespace,
            query: { ...query, timeoutSeconds: '1' },
          },
          AbortSignal.timeout(10_000),
        ),
      );
      expect(events).toMatchObject([{ type: 'ERROR', object: { code: 410, reason: 'Expired' } }]);
    });

    test('a watch without events gets its version by a bookmark before its timeout', async () => {
      const on = { resource: resources.configMaps, namespace };
      const query = { fieldSelector: 'metadata.name=quiet' };
      const before = await admin.call<{ metadata: { resourceVersion: string } }>({
        ...on,
        verb: 'list',
        query,
      });
      await make(resources.configMaps, { metadata: { name: 'quiet' } });
      const { resourceVersion } = before.metadata;
      const timeoutSeconds = String(target.bookmarkSeconds);
      const watching = { ...query, watch: 'true', allowWatchBookmarks: 'true', timeoutSeconds };
      const call: Call = { ...on, verb: 'watch', query: { ...watching, resourceVersion } };
      const types: string[] = [];
      let [reached, noise] = [0, 0];
      for await (const { type, object } of admin.watch(call, AbortSignal.timeout(15_000))) {
        types.push(type);
        reached = Number((object as KubernetesObject).metadata.resourceVersion);
        // A change of something else, while the watch is open.
        if (type === 'ADDED')
          noise = Number(
            (await make(resources.configMaps, { metadata: { name: 'noise' } })).metadata.resourceVersion,
          );
      }
      expect([...new Set(types)]).toEqual(['ADDED', 'BOOKMARK']);
      expect(reached).toBeGreaterThanOrEqual(noise);
    });

    test('a right on one name allows get and patch, and list and watch with a selector of the name', async () => {
      await make(resources.configMaps, { metadata: { name: 'mine' }, data: {} });
      await make(resources.configMaps, { metadata: { name: 'theirs' }, data: {} });
      const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
      const verbs = ['get', 'list', 'watch', 'patch', 'create'];
      await post(target.admin, `${rbac}/roles`, {
        metadata: { name: 'mine' },
        rules: [{ apiGroups: [''], resources: ['configmaps'], verbs, resourceNames: ['mine'] }],
      });
      await post(target.admin, `${rbac}/rolebindings`, {
        metadata: { name: 'mine' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'mine' },
        subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: target.limitedUser }],
      });
      const on = { resource: resources.configMaps, namespace };
      // The authorizer learns of a new binding a moment later.
      await expect
        .poll(() => limited.call({ ...on, verb: 'get', name: 'mine' }).then(() => 'ok', String), {
          timeout: 10_000,
        })
        .toBe('ok');
      const query = { fieldSelector: 'metadata.name=mine' };
      await limited.call({ ...on, verb: 'list', query });
      await limited.call({ ...on, verb: 'patch', name: 'mine', body: { data: { a: '1' } } });
      const watching = { ...query, watch: 'true', timeoutSeconds: '1' };
      await all(limited.watch({ ...on, verb: 'watch', query: watching }, AbortSignal.timeout(10_000)));
      const refused = { name: 'PermanentError', cause: { code: 403, reason: 'Forbidden' } };
      await expect(limited.call({ ...on, verb: 'get', name: 'theirs' })).rejects.toMatchObject(refused);
      await expect(limited.call({ ...on, verb: 'list' })).rejects.toMatchObject(refused);
      const body = { metadata: { name: 'mine' } };
      await expect(limited.call({ ...on, verb: 'create', body })).rejects.toMatchObject(refused);
    });

    test('a label selector wants all its labels', async () => {
      const labels = { 'app.kubernetes.io/name': 'lakekeeper', 'app.kubernetes.io/instance': 'acme' };
      await make(resources.configMaps, { metadata: { name: 'labelled', labels } });
      await make(resources.configMaps, {
        metadata: { name: 'half', labels: { 'app.kubernetes.io/name': 'lakekeeper' } },
      });
      const labelSelector = 'app.kubernetes.io/name=lakekeeper,app.kubernetes.io/instance=acme';
      const found = await admin.call<{ items: KubernetesObject[] }>({
        verb: 'list',
        resource: resources.configMaps,
        namespace,
        query: { labelSelector },
      });
      expect(found.items.map(({ metadata }) => metadata.name)).toEqual(['labelled']);
    });

    test('takes an Event on the custom resource, with a note of 1 kB', async () => {
      const regarding = await makeLakekeeper('told');
      const event = { type: 'Warning', reason: 'MigrationFailed', action: 'Register' } as const;
      await createEvent(admin, regarding, { ...event, note: 'ü'.repeat(2000), at: new Date() });
      const events = await admin.call<{ items: KubernetesObject[] }>({
        verb: 'list',
        resource: resources.events,
        namespace,
      });
      expect(events.items).toMatchObject([{ ...event, regarding: { uid: regarding.metadata.uid } }]);
    });

    test('a token that nobody knows is refused with 401', async () => {
      const { server, options } = target.admin;
      const headers = { authorization: 'Bearer nobody' };
      const nobody = kubernetesClient({
        server,
        options: async () => ({ ...(await options()), headers }),
      });
      await expect(
        nobody.call({ verb: 'get', resource: resources.secrets, namespace, name: 'a' }),
      ).rejects.toThrow('does not accept our token');
    });

    const evict = (name: string, uid: string) =>
      admin.call({
        verb: 'create',
        resource: resources.pods,
        namespace,
        name,
        subresource: 'eviction',
        body: {
          apiVersion: 'policy/v1',
          kind: 'Eviction',
          metadata: { name, namespace },
          deleteOptions: { preconditions: { uid } },
        },
      });

    test('an eviction takes the pod with the uid that it names, and no other', async () => {
      const pod = await make(resources.pods, {
        metadata: { name: 'catalog' },
        spec: { containers: [{ name: 'lakekeeper', image: 'lakekeeper' }] },
      });
      const evictCatalog = (uid: string) => evict('catalog', uid);
      await expect(evictCatalog('11111111-1111-4111-8111-111111111111')).rejects.toMatchObject({ code: 409 });
      expect((await get(resources.pods, 'catalog')).metadata.deletionTimestamp).toBeUndefined();
      await evictCatalog(pod.metadata.uid);
      await expect(evictCatalog(pod.metadata.uid)).rejects.toMatchObject({ code: 404 });
    });

    test('an eviction of a pod with two disruption budgets fails, and needs a person', async () => {
      const labels = { budgets: 'two' };
      const pod = await make(resources.pods, {
        metadata: { name: 'budgets', labels },
        spec: { containers: [{ name: 'lakekeeper', image: 'lakekeeper' }] },
      });
      // A pod that is pending is evicted whatever the budgets are.
      await send(
        target.admin,
        'PATCH',
        `/api/v1/namespaces/${namespace}/pods/budgets/status`,
        { status: { phase: 'Running' } },
        { 'content-type': 'application/merge-patch+json' },
      );
      for (const name of ['one', 'two'])
        await post(target.admin, `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`, {
          apiVersion: 'policy/v1',
          kind: 'PodDisruptionBudget',
          metadata: { name },
          spec: { maxUnavailable: 1, selector: { matchLabels: labels } },
        });
      await expect(evict('budgets', pod.metadata.uid)).rejects.toMatchObject({
        name: 'PermanentError',
        message:
          `while creating pods/eviction ${namespace}/budgets: 500: This pod has more than one ` +
          'PodDisruptionBudget, which the eviction subresource does not support.; ' +
          'a pod has several PodDisruptionBudgets, and is not evicted whatever they allow: ' +
          'leave one of them that selects the pod',
      });
      expect((await get(resources.pods, 'budgets')).metadata.deletionTimestamp).toBeUndefined();
    });
  });
}

function summarize(events: readonly WatchEvent[]): string[] {
  return events.map(({ type, object }) => {
    const { metadata, data } = object as KubernetesObject & { data?: { a?: string } };
    return `${type} ${metadata?.name} ${data?.a}`;
  });
}

async function all<T>(values: AsyncGenerator<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const value of values) found.push(value);
  return found;
}

/** For what the product itself never makes. */
async function post(connection: KubernetesConnection, path: string, body: unknown): Promise<void> {
  await send(connection, 'POST', path, body, { 'content-type': 'application/json' });
}

async function send(
  connection: KubernetesConnection,
  method: string,
  path: string,
  body: unknown,
  more: Readonly<Record<string, string>>,
): Promise<void> {
  const options = await connection.options();
  const url = new URL(`${connection.server}${path}`);
  const request = url.protocol === 'http:' ? httpRequest : httpsRequest;
  const headers = { ...(options.headers as Record<string, string> | undefined), ...more };
  const code = await new Promise<number>((resolve, reject) => {
    const sent = request(url, { ...options, method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on('error', reject);
    sent.end(JSON.stringify(body));
  });
  expect([200, 201, 409], `${method} ${path}`).toContain(code);
}
