import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type KubernetesClientOptions,
  kubernetesClient,
} from '../../../src/clients/kubernetes/kubernetes-client.ts';
import { connectKubernetes } from '../../../src/clients/kubernetes/kubernetes-connection.ts';
import { readSecret, readSecretKey } from '../../../src/registration/objects/secret-objects.ts';
import { explain } from '../../../src/text/errors.ts';
import { createAuthority } from '../../support/certificates.ts';
import {
  type Fault,
  type KubernetesStandIn,
  startKubernetesStandIn,
} from '../../support/kubernetes-stand-in.ts';

let standIn: KubernetesStandIn;
let waits: number[];
beforeEach(async () => {
  standIn = await startKubernetesStandIn();
  waits = [];
  standIn.put('secrets', { metadata: { name: 'acme', namespace: 'lakekeeper' }, data: { a: 'YQ==' } });
});
afterEach(() => standIn[Symbol.asyncDispose]().then(() => {}));

const at = { namespace: 'lakekeeper', name: 'acme' };
const client = (options: KubernetesClientOptions = {}, token = 'admin-token') =>
  kubernetesClient(
    {
      server: standIn.server,
      options: async () => ({ headers: { authorization: `Bearer ${token}` } }),
    },
    { wait: async (milliseconds) => void waits.push(milliseconds), ...options },
  );
/** Faults for the next requests, in this order. */
const fail = (...faults: Fault[]) => standIn.faults.push(() => faults.shift());

describe('transient failures', () => {
  test.each<[string, Fault]>([
    ['429', { code: 429 }],
    ['500', { code: 500 }],
    ['503', { code: 503 }],
    ['503 with a page of a proxy', { code: 503, text: '<html>' }],
    ['200 that is not JSON', { code: 200, text: '<html>secret' }],
    ['a connection cut before the request', { connection: 'cutBefore' }],
    ['a connection cut after the request', { connection: 'cutAfter' }],
    ['half an answer', { connection: 'half' }],
  ])('%s is tried again', async (_, fault) => {
    fail(fault, fault);
    expect(await readSecret(client(), at)).toMatchObject({ data: { a: 'YQ==' } });
    expect(waits).toHaveLength(2);
  });

  test('an answer that does not come is given up and asked for again', async () => {
    fail({ connection: 'hang' });
    expect(await readSecret(client({ timeoutMs: 100 }), at)).toMatchObject({ data: { a: 'YQ==' } });
  });

  test('waits longer each time, and at least as long as Retry-After says', async () => {
    fail({ code: 503 }, { code: 503 }, { code: 503 }, { code: 429, retryAfter: 7 });
    await readSecret(client(), at);
    const [first = 0, second = 0, third = 0, asked] = waits;
    expect(asked).toBeGreaterThanOrEqual(7000);
    expect(first).toBeLessThanOrEqual(200);
    expect(second).toBeGreaterThan(first * 0.99);
    expect(third).toBeGreaterThanOrEqual(400);
  });

  test('reads a Retry-After that is a date, as a proxy may send it', async () => {
    fail({ code: 503, retryAfter: new Date(Date.now() + 7000).toUTCString() });
    await readSecret(client(), at);
    expect(waits[0]).toBeGreaterThan(5000);
  });

  test('runs that are told the same Retry-After come back at different times, over half as long again', async () => {
    for (let run = 0; run < 100; run++) {
      fail({ code: 429, retryAfter: 8 });
      await readSecret(client(), at);
    }
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(8000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(12_000);
    for (const second of [8, 9, 10, 11])
      expect(
        waits.some((wait) => Math.floor(wait / 1000) === second),
        `after ${second} s`,
      ).toBe(true);
  });

  test('attempts are bounded, and the error says what was tried and what was answered', async () => {
    standIn.faults.push(() => ({ code: 503 }));
    const error = await readSecret(client({ attempts: 3 }), at).catch((e: unknown) => e);
    expect(explain(error)).toBe('while reading secrets lakekeeper/acme: 503: injected 503');
    expect(error).not.toMatchObject({ name: 'PermanentError' });
    expect(standIn.requests).toHaveLength(3);
  });

  test('the end of the run ends a call that hangs, at once and with its reason', async () => {
    const run = new AbortController();
    standIn.faults.push(() => {
      queueMicrotask(() => run.abort(new Error('SIGTERM')));
      return { connection: 'hang' };
    });
    await expect(readSecret(client({ signal: run.signal }), at)).rejects.toThrow('SIGTERM');
    expect(standIn.requests).toHaveLength(1);
  });
});

describe('refusals', () => {
  test('403 names the right: verb, resource, name, namespace', async () => {
    standIn.users.set('job-token', 'system:serviceaccount:lakekeeper:job');
    const error = await readSecret(client({}, 'job-token'), at).catch((e: unknown) => e);
    expect(error).toMatchObject({ name: 'PermanentError' });
    expect((error as Error).message).toBe(
      'while reading secrets lakekeeper/acme: the right to get secrets, name acme, in namespace ' +
        'lakekeeper is missing (403); synth renders it as a Role: is it applied?',
    );
    expect(waits).toEqual([]);
  });

  const forbidden = (why: string) => `secrets "acme" is forbidden: ${why}`;
  test.each<[string, number, object, string, string]>([
    [
      'a quota',
      403,
      {
        message: forbidden('exceeded quota: few, requested: secrets=1, used: secrets=9, limited: secrets=9'),
      },
      'try again',
      'raise the quota',
    ],
    [
      'a namespace that is being deleted',
      403,
      {
        message: forbidden(
          'unable to create new content in namespace lakekeeper because it is being terminated',
        ),
        details: { causes: [{ reason: 'NamespaceTerminating' }] },
      },
      'try again',
      'the namespace is being deleted',
    ],
    [
      'a webhook',
      403,
      { message: 'admission webhook "names.example.com" denied the request: no owner' },
      'try again',
      'names.example.com',
    ],
    [
      'a webhook that answers 400',
      400,
      { message: 'admission webhook "names.example.com" denied the request: no owner' },
      'try again',
      'no owner',
    ],
    [
      'a policy',
      422,
      {
        message: forbidden("ValidatingAdmissionPolicy 'names' with binding 'names' denied request: no owner"),
      },
      'needs a person',
      'no owner',
    ],
    [
      'whatever refuses without a right being missing',
      403,
      { message: '<a proxy>' },
      'needs a person',
      'read its message',
    ],
  ])('%s is told from a missing right', async (_, code, status, outcome, words) => {
    fail({ code, text: JSON.stringify({ kind: 'Status', code, ...status }) });
    const error = await readSecret(client(), at).catch((e: unknown) => e);
    expect((error as Error).name).toBe(outcome === 'try again' ? 'KubernetesError' : 'PermanentError');
    expect(explain(error)).toContain(words);
    expect(explain(error)).not.toContain('the right to');
  });

  test('401 is asked once more, with the token as it is then, and is permanent after that', async () => {
    await expect(readSecret(client({}, 'unknown'), at)).rejects.toMatchObject({ name: 'PermanentError' });
    expect(standIn.requests).toHaveLength(2);
    fail({ code: 401 });
    expect(await readSecret(client(), at)).toBeDefined();
  });
});

describe('one value of a Secret', () => {
  const read = (name: string, key: string) => readSecretKey(client(), { namespace: 'lakekeeper', name, key });

  test('tells an absent Secret from an absent key', async () => {
    expect(await read('acme', 'a')).toBe('a');
    await expect(read('other', 'a')).rejects.toThrow(
      'there is no Secret lakekeeper/other; its key a is needed',
    );
    await expect(read('acme', 'b')).rejects.toThrow('Secret lakekeeper/acme has no key b; it has: a');
  });

  test('takes an empty value, or bytes that are no text, for an error', async () => {
    const data = { empty: '', bytes: '/w==' };
    standIn.put('secrets', { metadata: { name: 'odd', namespace: 'lakekeeper' }, data });
    await expect(read('odd', 'empty')).rejects.toThrow('key empty of Secret lakekeeper/odd is empty');
    await expect(read('odd', 'bytes')).rejects.toThrow('is not text');
  });
});

describe('finding the cluster', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lkg-kube-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  test("in a pod: address of the Service, the cluster's CA, and the token of each moment", async () => {
    const authority = createAuthority('cluster');
    const tokens: unknown[] = [];
    const server = createServer(authority.issue('kubernetes', ['127.0.0.1']), (request, response) => {
      tokens.push(request.headers.authorization);
      response.end('{"metadata":{},"data":{}}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      await writeFile(join(directory, 'ca.crt'), authority.cert);
      await writeFile(join(directory, 'token'), 'first\n');
      const port = String((server.address() as AddressInfo).port);
      const environment = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: port };
      const connection = await connectKubernetes({ environment, serviceAccountDirectory: directory });
      const inPod = kubernetesClient(connection, { attempts: 1 });
      await readSecret(inPod, at);
      await writeFile(join(directory, 'token'), 'second\n');
      await readSecret(inPod, at);
      expect(tokens).toEqual(['Bearer first', 'Bearer second']);
      await writeFile(join(directory, 'ca.crt'), createAuthority('another').cert);
      const elsewhere = await connectKubernetes({ environment, serviceAccountDirectory: directory });
      await expect(readSecret(kubernetesClient(elsewhere, { attempts: 1 }), at)).rejects.toThrow();
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test('outside: the kubeconfig and the context that were asked for', async () => {
    const kubeconfig = join(directory, 'config');
    const cluster = { server: `${standIn.server}/`, 'insecure-skip-tls-verify': true };
    const content = {
      clusters: [{ name: 'c', cluster }],
      users: [
        { name: 'good', user: { token: 'admin-token' } },
        { name: 'bad', user: { token: 'nobody' } },
      ],
      contexts: [
        { name: 'good', context: { cluster: 'c', user: 'good' } },
        { name: 'bad', context: { cluster: 'c', user: 'bad' } },
      ],
      'current-context': 'bad',
    };
    await writeFile(kubeconfig, JSON.stringify(content));
    const read = async (context?: string) =>
      await readSecret(kubernetesClient(await connectKubernetes({ kubeconfig, context })), at);
    expect(await read('good')).toMatchObject({ data: { a: 'YQ==' } });
    await expect(read()).rejects.toThrow('does not accept our token');
    await expect(read('none')).rejects.toThrow(`${kubeconfig} has no context none; it has: good, bad`);
    const environment = { KUBECONFIG: kubeconfig };
    expect((await connectKubernetes({ environment })).server).toBe(standIn.server);
  });

  test.each(['in a pod', 'with a kubeconfig'])('one TLS connection serves all calls, %s', async (where) => {
    const authority = createAuthority('cluster');
    const server = createServer(authority.issue('kubernetes', ['127.0.0.1']), (_, response) => {
      response.end('{"metadata":{},"data":{}}');
    });
    let connections = 0;
    server.on('secureConnection', () => {
      connections += 1;
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      await writeFile(join(directory, 'ca.crt'), authority.cert);
      await writeFile(join(directory, 'token'), 'token');
      const port = String((server.address() as AddressInfo).port);
      const kubeconfig = join(directory, 'config');
      const content = {
        clusters: [
          {
            name: 'c',
            cluster: {
              server: `https://127.0.0.1:${port}`,
              'certificate-authority': join(directory, 'ca.crt'),
            },
          },
        ],
        users: [{ name: 'u', user: { token: 'token' } }],
        contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
        'current-context': 'c',
      };
      await writeFile(kubeconfig, JSON.stringify(content));
      const environment = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: port };
      const choice =
        where === 'in a pod' ? { environment, serviceAccountDirectory: directory } : { kubeconfig };
      const connection = await connectKubernetes(choice);
      for (let call = 0; call < 5; call++)
        await readSecret(kubernetesClient(connection, { attempts: 1 }), at);
      expect(connections).toBe(1);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test('no kubeconfig at all is an error that says what to give', async () => {
    await expect(connectKubernetes({ environment: { HOME: directory } })).rejects.toMatchObject({
      name: 'UsageError',
      message:
        `cannot read the kubeconfig ${directory}/.kube/config; give one with --kubeconfig, or run ` +
        'inside a cluster',
    });
  });
});
