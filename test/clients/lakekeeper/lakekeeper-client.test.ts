import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import {
  connectLakekeeper,
  isAtLeast,
  type Lakekeeper,
  type LakekeeperAccess,
  LakekeeperError,
  lakekeeperErrorIn,
  whileAsking,
} from '../../../src/clients/lakekeeper/lakekeeper-client.ts';
import { PermanentError } from '../../../src/text/errors.ts';
import { Redactions } from '../../../src/text/redactions.ts';
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
    [403, 'WarehouseManaged', false],
    [404, 'NoSuchWarehouseException', true],
    [404, 'ProjectNotFound', false],
    [400, 'Misconfiguration', false],
  ])('%s %s: transient %s', async (status, type, isTransient) => {
    const { server, lakekeeper } = await start();
    const body =
      type === undefined ? 'plain text' : JSON.stringify({ error: { type, message: 'why', code: status } });
    server.fail('GET /management/v1/info', { kind: 'status', status, body });
    const error = await errorOf(lakekeeper.info());
    expect(error).toMatchObject({ status, type, isTransient });
    expect(error.message).toBe(
      `Lakekeeper answered GET /management/v1/info with ${status} ${type === undefined ? 'plain text' : `${type}: why`}`,
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
    expect((await errorOf(lakekeeper.warehouses())).isTransient).toBe(true);
  });

  test('a server that is not there is transient, and the message says why', async () => {
    const { server, lakekeeper } = await start();
    await server.stop();
    const error = await errorOf(lakekeeper.info());
    expect(error.isTransient).toBe(true);
    expect(error.message).toMatch(/did not answer GET \/management\/v1\/info completely: .*ECONNREFUSED/);
  });

  test('a server that says nothing ends with the deadline', async () => {
    const { server, lakekeeper } = await start({}, { timeout: 30 });
    server.fail('GET /management/v1/info', { kind: 'silence' });
    const error = await errorOf(lakekeeper.info());
    expect(error).toMatchObject({
      isTransient: true,
      message: expect.stringContaining('no answer within 30 ms'),
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
    expect(lakekeeperErrorIn(error)).toMatchObject({ retryAfterSeconds: 7 });
    server.fail('GET /management/v1/info', {
      kind: 'status',
      status: 503,
      headers: { 'retry-after': 'Thu, 1 Jan' },
    });
    expect((await errorOf(lakekeeper.info())).retryAfterSeconds).toBeUndefined();
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
    expect(await lakekeeper.anonymousAccess()).toBe('refused');
    expect(await lakekeeper.info()).toMatchObject({ version, bootstrapped: false, authorizer: 'allow-all' });
    await lakekeeper.bootstrap();
    expect(server.isBootstrapped).toBe(true);
    expect(JSON.parse(server.writes()[0]?.body ?? '')).toEqual({
      'accept-terms-of-use': true,
      'is-operator': true,
    });
    await lakekeeper.createWarehouse('w', profile, keys);
    expect(server.warehouses[0]?.credential).toEqual(keys);
    const [warehouse] = await lakekeeper.warehouses();
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
  expect(await lakekeeper.anonymousAccess()).toBe('open');
  expect(server.requests[0]?.authorization).toBeUndefined();
  server.fail('GET', { kind: 'status', status: 200, body: '<html>' });
  await errorOf(lakekeeper.anonymousAccess());
  server.fail('GET', { kind: 'status', status: 503 });
  await errorOf(lakekeeper.anonymousAccess());
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

test('a refusal for good becomes a PermanentError, what passes and what is not of the server does not', async () => {
  const failing = (error: Error) => whileAsking('asking', () => Promise.reject(error));
  await expect(failing(new LakekeeperError('x', { status: 400, type: 'Invalidbucket' }))).rejects.toThrow(
    PermanentError,
  );
  await expect(failing(new LakekeeperError('x'))).rejects.not.toThrow(PermanentError);
  const own = new Error('own');
  await expect(failing(own)).rejects.toBe(own);
  expect(lakekeeperErrorIn(own)).toBeUndefined();
});

test.each([
  ['0.11.6', false],
  ['0.12.0', true],
  ['v0.12.2', true],
  ['1.0.0', true],
  ['main-4f2a', true],
])('%s is at least 0.12: %s', (version, expected) => {
  expect(isAtLeast(version, [0, 12])).toBe(expected);
});
