import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { connectLakekeeper, type Lakekeeper } from '../../../src/clients/lakekeeper/lakekeeper-client.ts';
import {
  LakekeeperError,
  lakekeeperErrorIn,
  whileAsking,
} from '../../../src/clients/lakekeeper/lakekeeper-errors.ts';
import { lakekeeperOutcomes } from '../../../src/clients/lakekeeper/lakekeeper-refusals.ts';
import type { LakekeeperAccess } from '../../../src/clients/lakekeeper/lakekeeper-request.ts';
import { PermanentError, UsageError } from '../../../src/text/errors.ts';
import { Redactions } from '../../../src/text/redactions.ts';
import { recordedExchanges, recordedSequence } from '../../contracts/lakekeeper-recordings.ts';
import {
  type LakekeeperStandIn,
  type StandInSettings,
  startLakekeeper,
} from '../../support/lakekeeper-stand-in.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

async function start(
  settings: StandInSettings = {},
  access: Partial<LakekeeperAccess> = {},
): Promise<{ server: LakekeeperStandIn; lakekeeper: Lakekeeper }> {
  const server = await startLakekeeper(settings);
  stops.push(server.stop);
  const lakekeeper = connectLakekeeper({
    serverURL: server.url,
    token: async () => undefined,
    redactions: new Redactions(),
    attempts: 1,
    ...access,
  });
  return { server, lakekeeper };
}

async function errorOf(work: Promise<unknown>): Promise<LakekeeperError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof LakekeeperError)) throw new Error(`no LakekeeperError: ${inspect(error)}`);
  return error;
}

const profile = { type: 's3', bucket: 'bucket', region: 'r', 'sts-enabled': false };
const keys = {
  type: 's3',
  'credential-type': 'access-key',
  'aws-access-key-id': 'key-id-key-id',
  'aws-secret-access-key': 'hunter2"\\hunter2',
};

describe('every request is answered or fails in a way that says whether to try again', () => {
  test.each([
    [500, undefined, true],
    [503, 'CatalogBackendError', true],
    [429, undefined, true],
    [408, undefined, true],
    [429, 'TooManyRequests', true],
    [401, 'AuthenticationFailed', true],
    [409, 'CatalogBackendError', true],
    [401, undefined, true],
    [302, undefined, true],
    [404, undefined, true],
    [403, undefined, true],
    [400, 'PermissionDenied', true],
    [412, 'InitializeClientError', true],
    [400, undefined, false],
    [422, undefined, false],
    [413, undefined, false],
    [400, 'Invalidbucket', false],
    [400, 'ConfigInvalid', true],
    [412, 'ShortTermCredentialError', true],
    [400, 'NotYetKnown', false],
    [500, 'SecretFetchError', true],
    [403, 'WarehouseManaged', false],
    [404, 'NoSuchWarehouseException', true],
    [404, 'ProjectNotFound', true],
    [400, 'ProjectIdMissing', false],
    [400, 'Misconfiguration', false],
  ])('%s %s: transient %s', async (status, type, isTransient) => {
    const { server, lakekeeper } = await start();
    const body =
      type === undefined ? 'plain text' : JSON.stringify({ error: { type, message: 'why', code: status } });
    // A token that is refused is sent twice.
    for (const _ of status === 401 ? [1, 2] : [1])
      server.fail('GET /management/v1/info', { kind: 'status', status, body });
    const error = await errorOf(lakekeeper.info());
    expect(error).toMatchObject({ status, type, isTransient });
    expect(error.message).toBe(
      `Lakekeeper answered GET /management/v1/info with ${status} ` +
        `${type === undefined ? 'plain text' : `${type}: why`}`,
    );
  });

  test.each(['cut', 'halfBody', 'notJSON'] as const)('%s is transient', async (kind) => {
    const { server, lakekeeper } = await start();
    server.fail('GET /management/v1/info', { kind });
    server.fail('GET /management/v1/info', { kind, afterwards: true });
    for (const _ of [1, 2])
      expect(await errorOf(lakekeeper.info())).toMatchObject({ status: undefined, isTransient: true });
    expect(await lakekeeper.info()).toMatchObject({ bootstrapped: false });
  });

  test('a body that ends early by its own length is transient, and so is JSON of something else', async () => {
    const { server, lakekeeper } = await start();
    for (const body of ['{"bootstrapped": tr', '{}', '[]', 'null', ''])
      server.fail('GET /management/v1/info', { kind: 'status', status: 200, body });
    for (const _ of [1, 2, 3, 4, 5]) expect((await errorOf(lakekeeper.info())).isTransient).toBe(true);
    server.fail('GET /management/v1/warehouse', { kind: 'status', status: 200, body: '{}' });
    expect((await errorOf(lakekeeper.activeWarehouses())).isTransient).toBe(true);
  });

  test('a server that is not there is transient, and the message says why', async () => {
    const { server, lakekeeper } = await start();
    await server.stop();
    const error = await errorOf(lakekeeper.info());
    expect(error.isTransient).toBe(true);
    expect(error.message).toMatch(/did not answer GET \/management\/v1\/info completely: .*ECONNREFUSED/);
  });

  test('a server that says nothing ends with the deadline', async () => {
    const { server, lakekeeper } = await start({}, { timeoutMs: 30 });
    server.fail('GET /management/v1/info', { kind: 'silence' });
    const error = await errorOf(lakekeeper.info());
    expect(error).toMatchObject({
      isTransient: true,
      message: expect.stringContaining('no answer within 0.03 s'),
    });
  });

  test('a signal ends a request with its own reason, and one that was aborted before sends none', async () => {
    const stop = new AbortController();
    const { server, lakekeeper } = await start({}, { signal: stop.signal });
    server.fail('GET /management/v1/info', { kind: 'silence' });
    server.before('GET /management/v1/info', () => stop.abort(new Error('SIGTERM')));
    await expect(lakekeeper.info()).rejects.toThrow('SIGTERM');
    await expect(lakekeeper.info()).rejects.toThrow('SIGTERM');
    expect(server.requests).toHaveLength(1);
  });

  test('a slow answer is an answer', async () => {
    const { server, lakekeeper } = await start();
    let settle = () => {};
    server.fail('GET /management/v1/info', {
      kind: 'delay',
      until: new Promise<void>((resolve) => (settle = resolve)),
    });
    server.before('GET /management/v1/info', () => setImmediate(settle));
    expect(await lakekeeper.info()).toMatchObject({ bootstrapped: false });
  });

  test('Retry-After is handed on, in whatever depth', async () => {
    const { server, lakekeeper } = await start();
    server.fail('GET /management/v1/info', { kind: 'status', status: 429, headers: { 'retry-after': '7' } });
    const error: unknown = await whileAsking('asking', () => lakekeeper.info()).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).not.toBeInstanceOf(PermanentError);
    expect(lakekeeperErrorIn(error)).toMatchObject({ retryAfterMs: 7000 });
    server.fail('GET /management/v1/info', {
      kind: 'status',
      status: 503,
      headers: { 'retry-after': 'Thu, 1 Jan' },
    });
    expect((await errorOf(lakekeeper.info())).retryAfterMs).toBeUndefined();
  });

  test('a redirect is not followed: the token stays here', async () => {
    const other = await start();
    const { server, lakekeeper } = await start({}, { token: async () => 'token-token' });
    server.fail('GET /management/v1/info', {
      kind: 'status',
      status: 307,
      headers: { location: other.server.url },
    });
    expect((await errorOf(lakekeeper.info())).status).toBe(307);
    expect(other.server.requests).toEqual([]);
  });
});

test.each(['0.11.6', '0.12.2', '0.13.3'] as const)(
  '%s: tokens, info, bootstrap and warehouses',
  async (version) => {
    let token = 'first-token';
    const { server, lakekeeper } = await start(
      { version, tokens: ['first-token'] },
      { token: async () => `${token}\n` },
    );
    expect(await lakekeeper.anonymousInfo()).toBe('refused');
    expect(await lakekeeper.info()).toMatchObject({ version, bootstrapped: false, authorizer: 'allow-all' });
    await lakekeeper.bootstrap();
    expect(server.isBootstrapped).toBe(true);
    expect(JSON.parse(server.writes()[0]?.body ?? '')).toEqual({
      'accept-terms-of-use': true,
      'is-operator': true,
    });
    await lakekeeper.createWarehouse('w', profile, keys);
    expect(server.warehouses[0]?.credential).toEqual(keys);
    const [warehouse] = await lakekeeper.activeWarehouses();
    const exchanged = { ...keys, 'aws-access-key-id': 'another-id' };
    await lakekeeper.replaceCredential(warehouse?.id ?? '', exchanged);
    expect(server.warehouses[0]).toMatchObject({ credential: exchanged, profile: { bucket: 'bucket' } });
    expect(warehouse).toMatchObject({
      name: 'w',
      isActive: true,
      credentialType: version === '0.11.6' ? undefined : 'access-key',
    });
    expect(await lakekeeper.catalogConfig('w')).toEqual({
      prefix: warehouse?.id,
      uri: `${server.url}/catalog`,
    });
    // Tokens are renewed while the job runs.
    server.settings = { ...server.settings, tokens: ['second-token'] };
    expect((await errorOf(lakekeeper.info())).status).toBe(401);
    token = 'second-token';
    await lakekeeper.info();
  },
);

test('anonymous access is open when info is answered, and unknown when something else answers', async () => {
  const { server, lakekeeper } = await start({}, { token: async () => 'token-token' });
  expect(await lakekeeper.anonymousInfo()).toMatchObject({ version: '0.12.2' });
  expect(server.requests[0]?.authorization).toBeUndefined();
  server.fail('GET', { kind: 'status', status: 200, body: '<html>' });
  await errorOf(lakekeeper.anonymousInfo());
  server.fail('GET', { kind: 'status', status: 503 });
  await errorOf(lakekeeper.anonymousInfo());
});

describe('no credential is said', () => {
  test('whatever the server or fetch repeats of it', async () => {
    const redactions = new Redactions();
    const [id, secret] = [keys['aws-access-key-id'], keys['aws-secret-access-key']];
    // As whoever resolved them did.
    for (const known of [id, secret]) redactions.add(known);
    const { server, lakekeeper } = await start({}, { token: async () => 'secret-token', redactions });
    const echo = `bad ${secret} ${id} secret-token ${JSON.stringify(keys)}`;
    const bodies = [echo, JSON.stringify({ error: { type: `X${secret}`, message: echo, code: 400 } })];
    for (const body of bodies) {
      server.fail('POST', { kind: 'status', status: 400, body });
      const error = await errorOf(lakekeeper.createWarehouse('w', profile, keys));
      const all = inspect(error, { depth: 10, showHidden: true });
      expect(all).toContain('[redacted]');
      expect(all).not.toMatch(/hunter2|key-id-key|secret-token/);
    }
    expect(server.requests.map(({ url }) => url).join()).not.toMatch(/hunter2|key-id|token/);
    expect(redactions.apply(echo)).not.toMatch(/hunter2|key-id-key|secret-token/);
  });

  test('a token that no header can hold', async () => {
    const { lakekeeper } = await start({}, { token: async () => 'secret\ntoken-ü' });
    const error = await errorOf(lakekeeper.info());
    expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/secret/);
  });

  test.each(['http://user:hunter2@host', 'ftp://hunter2', 'hunter2'])('the server URL %s', (serverURL) => {
    const connect = () =>
      connectLakekeeper({ serverURL, token: async () => undefined, redactions: new Redactions() });
    expect(connect).toThrow(PermanentError);
    expect(connect).not.toThrow(/hunter2/);
  });

  test('what the server says is cut, and fit for a terminal', async () => {
    const { server, lakekeeper } = await start();
    server.fail('GET', { kind: 'status', status: 400, body: `\u001b[31m${'x'.repeat(10_000)}` });
    const { message } = await errorOf(lakekeeper.info());
    expect(message.length).toBeLessThan(700);
    expect(message).not.toContain('\u001b');
  });
});

test('a refusal ends the run as its row says; an error of another origin keeps its class', async () => {
  const failing = (error: Error) => whileAsking('asking', () => Promise.reject(error));
  const refusal = (type: string) => failing(new LakekeeperError('x', { status: 400, type }));
  await expect(refusal('Invalidbucket')).rejects.toThrow(UsageError);
  await expect(refusal('UpdateError')).rejects.toThrow(PermanentError);
  await expect(refusal('UpdateError')).rejects.toThrow(/^while asking; restore the former value/);
  await expect(failing(new LakekeeperError('x'))).rejects.not.toThrow(PermanentError);
  const own = new Error('own');
  await expect(failing(own)).rejects.toBe(own);
  expect(lakekeeperErrorIn(own)).toBeUndefined();
});

test('a 401 that may be a missing right to review tokens says so', async () => {
  const { lakekeeper } = await start({ tokens: ['another'] }, { token: async () => 'good-for-others' });
  await expect(whileAsking('asking', () => lakekeeper.info())).rejects.toThrow(
    /create tokenreviews.authentication.k8s.io/,
  );
});

test('the table has the error types of the facts, and no other', () => {
  const facts = readFileSync('docs/facts/lakekeeper-management-api.md', 'utf8');
  const [table = ''] = facts.split('### 1.1 Types')[1]?.split('\n## ') ?? [];
  const types = [...table.matchAll(/`([A-Z]\w+)`/g)].map(([, type = '']) => type).filter(isListed);
  const rows = lakekeeperOutcomes().flatMap(({ answer }) => /^\d+, `(\w+)`$/.exec(answer)?.[1] ?? []);
  expect(rows.sort()).toEqual([...new Set(types)].sort());
});

test('the table has a row for every error type that was recorded', () => {
  const answers = lakekeeperOutcomes().map(({ answer }) => answer);
  // This product sends no DELETE.
  const types = recordedExchanges()
    .filter(({ request }) => request.method !== 'DELETE')
    .map(({ response }) => Object(Object(response.body).error) as Record<string, unknown>);
  const sequence = recordedSequence()
    .filter(({ method }) => method !== 'DELETE')
    .map(({ answer }) => ({ type: answer.type, code: answer.status }));
  const seen = [...types, ...sequence].filter(({ type }) => type !== undefined);
  expect(seen.length).toBeGreaterThan(50);
  for (const { type, code } of seen)
    if (isListed(String(type))) expect(answers).toContain(`${code}, \`${type}\``);
});

/** There is one of `Invalid…` for each field of a profile. */
function isListed(type: string): boolean {
  return !type.startsWith('Invalid');
}

describe('a server that is busy or does not answer is asked again', () => {
  const waits: number[] = [];
  const wait = async (milliseconds: number) => waits.push(milliseconds);
  const patient = { attempts: Number.POSITIVE_INFINITY, wait };
  const info = 'GET /management/v1/info';

  test('until it answers', async () => {
    const retried: string[] = [];
    const { server, lakekeeper } = await start(
      {},
      { ...patient, onRetry: ({ message }) => retried.push(message) },
    );
    for (const status of [429, 500, 502, 503, 504]) server.fail(info, { kind: 'status', status });
    for (const kind of ['cut', 'halfBody', 'notJSON'] as const) server.fail(info, { kind });
    expect(await lakekeeper.info()).toMatchObject({ version: '0.12.2' });
    expect(retried).toHaveLength(8);
  });

  test('a write too: one that was done is refused the second time, and the caller knows what that means', async () => {
    const { server, lakekeeper } = await start({ isBootstrapped: true }, patient);
    server.fail('POST', { kind: 'cut' });
    expect(await lakekeeper.createWarehouse('w', profile, keys)).toMatchObject({ name: 'w' });
    server.fail('POST', { kind: 'cut', afterwards: true });
    expect(
      await errorOf(lakekeeper.createWarehouse('v', { ...profile, 'key-prefix': 'v' }, keys)),
    ).toMatchObject({
      type: 'CreateWarehouseStorageProfileOverlap',
    });
  });

  test('not before what it asked for with Retry-After, in seconds or as a date, and then not all at once', async () => {
    const { server, lakekeeper } = await start({}, patient);
    for (const after of ['7', new Date(Date.now() + 7000).toUTCString()]) {
      waits.length = 0;
      for (let i = 0; i < 20; i++)
        server.fail(info, { kind: 'status', status: 503, headers: { 'retry-after': after } });
      await lakekeeper.info();
      expect(Math.min(...waits)).toBeGreaterThan(5000);
      expect(new Set(waits).size).toBe(20);
    }
  });

  test('and longer after each failure', async () => {
    waits.length = 0;
    const { server, lakekeeper } = await start({}, patient);
    for (let i = 0; i < 10; i++) server.fail(info, { kind: 'status', status: 503 });
    await lakekeeper.info();
    const [first = 0, last = 0] = [waits[0], waits.at(-1)];
    expect(last).toBeGreaterThan(first * 10);
    expect(Math.max(...waits)).toBeLessThanOrEqual(10_000);
  });

  test('but what it refuses is not: of the store, of the request, of an encryption key', async () => {
    const { server, lakekeeper } = await start({}, patient);
    for (const [status, type] of [
      [400, 'Unexpected'],
      [404, 'NoSuchWarehouseException'],
      [409, 'WarehouseAlreadyExists'],
      [500, 'SecretFetchError'],
    ] as const) {
      const before = server.requests.length;
      server.fail('POST', { kind: 'status', status, body: JSON.stringify({ error: { type, message: '' } }) });
      expect((await errorOf(lakekeeper.bootstrap())).type).toBe(type);
      expect(server.requests).toHaveLength(before + 1);
    }
  });

  test('a token that is refused is read again, once', async () => {
    const tokens = ['old-token', 'new-token'];
    const { server, lakekeeper } = await start(
      { tokens: ['new-token'] },
      { ...patient, token: async () => tokens.shift() ?? 'old-token' },
    );
    expect(await lakekeeper.info()).toMatchObject({ version: '0.12.2' });
    expect((await errorOf(lakekeeper.info())).status).toBe(401);
    expect(server.requests).toHaveLength(4);
  });

  test('until the run ends: then its reason, and what was last met', async () => {
    const stop = new AbortController();
    const { server, lakekeeper } = await start(
      {},
      {
        attempts: Number.POSITIVE_INFINITY,
        signal: stop.signal,
        onRetry: () => stop.abort(new Error('the deadline has passed')),
      },
    );
    server.fail(info, { kind: 'status', status: 503, body: 'no healthy upstream' });
    const error = await errorOf(lakekeeper.info());
    expect(error.message).toContain('503 no healthy upstream');
    expect(error.cause).toMatchObject({ message: 'the deadline has passed' });
  });
});

describe('inactive warehouses', () => {
  test.each(['0.11.6', '0.12.2', '0.13.3'] as const)(
    '%s: are in no list, and found by their id',
    async (version) => {
      const { server, lakekeeper } = await start({ version, isBootstrapped: true });
      const { id } = await lakekeeper.createWarehouse('w', profile, keys);
      for (const warehouse of server.warehouses) warehouse.isActive = false;
      expect(await lakekeeper.activeWarehouses()).toEqual([]);
      expect(await lakekeeper.inactiveWarehouses()).toBeUndefined();
      expect(await lakekeeper.warehouse(id)).toMatchObject({ name: 'w', isActive: false });
      expect(await lakekeeper.warehouse('11111111-2222-4333-8444-555555555555')).toBeUndefined();
    },
  );

  test('a build of main, which says it is 0.13.1, lists them', async () => {
    const { server, lakekeeper } = await start({ version: '0.13.1', isMain: true, isBootstrapped: true });
    await lakekeeper.createWarehouse('w', profile, keys);
    for (const warehouse of server.warehouses) warehouse.isActive = false;
    expect(await lakekeeper.inactiveWarehouses()).toMatchObject([{ name: 'w', isActive: false }]);
  });
});
