import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { outcomes } from '../../../src/worker/token-broker/answer.ts';
import { defaultLimits } from '../../../src/worker/token-broker/broker-server.ts';
import {
  askForToken,
  dial,
  exchange,
  jwt,
  over,
  type RunningBroker,
  rotate,
  tokenRequest,
  withBroker,
} from '../../support/token-broker.ts';

const token = 'a-token-that-is-opaque';
const page = (port: number, path: string, init: RequestInit = {}) =>
  fetch(`http://127.0.0.1:${port}${path}`, init);
const statusOf = (response: string) => Number(/^HTTP\/1\.1 (\d{3})/.exec(response)?.[1]);
const jsonOf = (response: string) => JSON.parse(response.slice(response.indexOf('\r\n\r\n') + 4));
const seconds = () => Math.floor(Date.now() / 1000);

describe('a request for a token', () => {
  test.each([
    ['a form', { body: 'grant_type=client_credentials' }],
    ['a form with a character set', { type: 'application/x-www-form-urlencoded; charset=UTF-8' }],
    ['JSON', { body: '{"grant_type":"client_credentials"}', type: 'application/json' }],
    [
      'a form with credentials and a scope',
      {
        body: 'grant_type=client_credentials&client_id=duckling-acme&client_secret=x&scope=PRINCIPAL_ROLE:ALL',
      },
    ],
    ['a form, with credentials in Basic', { headers: { authorization: `Basic ${btoa('duckling-acme:x')}` } }],
    ['a form, with broken credentials, which nobody needs', { headers: { authorization: 'Basic ?' } }],
    ['a form, with a query', { path: '/token?grant_type=password' }],
  ])('as %s gets it', async (_, request) => {
    await withBroker({ token: `${token}\n` }, async ({ port }) => {
      const { status, headers, body } = await askForToken(port, request);
      expect({ status, body }).toEqual({
        status: 200,
        body: { access_token: token, token_type: 'Bearer', expires_in: 60 },
      });
      expect(Object.fromEntries(headers)).toMatchObject({
        'cache-control': 'no-store',
        pragma: 'no-cache',
        'content-type': 'application/json;charset=UTF-8',
      });
      for (const name of headers.keys()) expect(name).not.toMatch(/^access-control-/);
    });
  });

  test.each([
    [{ body: '' }, 'invalid_request'],
    [{ body: 'scope=x' }, 'invalid_request'],
    [{ body: 'grant_type=' }, 'invalid_request'],
    [{ body: 'grant_type=client_credentials&grant_type=client_credentials' }, 'invalid_request'],
    [{ body: 'grant_type=client_credentials%ff', type: 'application/json' }, 'invalid_request'],
    [{ body: '[]', type: 'application/json' }, 'invalid_request'],
    [{ body: 'null', type: 'application/json' }, 'invalid_request'],
    [
      { body: '{"__proto__":{"grant_type":"client_credentials"}}', type: 'application/json' },
      'invalid_request',
    ],
    [{ body: '{"grant_type":["client_credentials"]}', type: 'application/json' }, 'invalid_request'],
    [{ body: 'grant_type=client_credentials', type: 'text/plain' }, 'invalid_request'],
    [{ body: 'grant_type=client_credentials', type: 'application/json-patch+json' }, 'invalid_request'],
    [{ body: 'grant_type=password&username=u&password=p' }, 'unsupported_grant_type'],
    [{ body: 'grant_type=Client_Credentials' }, 'unsupported_grant_type'],
    [{ body: '{"grant_type":"refresh_token"}', type: 'application/json' }, 'unsupported_grant_type'],
  ])('that is wrong gets an error of RFC 6749: %j', async (request, error) => {
    await withBroker({ token }, async ({ port }) => {
      const { status, headers, body } = await askForToken(port, request);
      expect({ status, body }).toEqual({
        status: 400,
        body: { error, error_description: expect.any(String) },
      });
      // What §5.2 allows.
      expect(body.error_description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
      expect(headers.get('cache-control')).toBe('no-store');
    });
  });

  test('gets the smaller of the setting and the remaining lifetime of the token', async () => {
    const now = 1_800_000_000;
    const expiresIn = async (exp: number, setting: number) =>
      withBroker(
        { token: await jwt({ exp: now + exp }), now: () => now * 1000 + 1, expiresIn: setting },
        async ({ port }) => {
          const { body } = await askForToken(port);
          return body.expires_in;
        },
      );
    expect(await expiresIn(3600, 60)).toBe(60);
    expect(await expiresIn(3600, 7200)).toBe(3599);
    expect(await expiresIn(30, 60)).toBe(29);
  });

  test.each([
    ['expired', -1, 'the token has expired'],
    ['about to expire', 5, 'the token is about to expire'],
  ])('is not given one that has %s', async (_, left, reason) => {
    await withBroker({ token: await jwt({ exp: seconds() + left }) }, async ({ port }) => {
      expect(await askForToken(port)).toMatchObject({
        status: 503,
        body: { error: 'temporarily_unavailable', error_description: reason },
      });
      expect((await page(port, '/health')).status).toBe(503);
    });
  });

  test.each([
    ['missing', undefined],
    ['empty', ''],
    ['too large', 'x'.repeat(64 * 1024 + 1)],
    ['two lines', `${token}\n${token}`],
  ])('is told that there is none for now, and nothing of the file, when it is %s', async (_, content) => {
    await withBroker(content === undefined ? {} : { token: content }, async ({ port, tokenFile }) => {
      const answer = await askForToken(port);
      expect(answer).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } });
      expect(JSON.stringify(answer.body)).not.toMatch(/opaque|xxx/);
      expect(JSON.stringify(answer.body)).not.toContain(tokenFile);
      writeFileSync(tokenFile, token);
      expect((await askForToken(port)).status).toBe(200);
    });
  });
});

describe('health and metrics', () => {
  test('health says whether there is a token, and the reason if not', async () => {
    await withBroker({}, async ({ port, tokenFile }) => {
      const notReady = await page(port, '/health');
      expect(notReady.status).toBe(503);
      expect(await notReady.json()).toEqual({ status: 'not ready', reason: 'the token file is missing' });
      writeFileSync(tokenFile, token);
      const ready = await page(port, '/health');
      expect(ready.status).toBe(200);
      expect(await ready.json()).toEqual({ status: 'ready' });
    });
  });

  test('metrics count requests by outcome, and have the age and remaining lifetime of the token', async () => {
    const text = await jwt({ iat: seconds() - 100, exp: seconds() + 500 });
    await withBroker({ token: text, now: () => (seconds() + 20) * 1000 }, async ({ port }) => {
      await askForToken(port);
      await askForToken(port);
      await askForToken(port, { body: '' });
      await page(port, '/health');
      await page(port, '/nothing');
      await exchange(port, 'nonsense\r\n\r\n');
      const response = await page(port, '/metrics');
      expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
      const metrics = await response.text();
      const counts = { granted: 2, invalid_request: 1, ready: 1, not_found: 1, malformed: 1 };
      for (const outcome of outcomes)
        expect(metrics).toContain(
          `lakekeeper_token_broker_requests_total{outcome="${outcome}"} ${counts[outcome as 'ready'] ?? 0}\n`,
        );
      expect(metrics).toMatch(/^lakekeeper_token_broker_token_ready 1$/m);
      expect(metrics).toMatch(/^lakekeeper_token_broker_token_age_seconds 12\d$/m);
      expect(metrics).toMatch(/^lakekeeper_token_broker_token_remaining_seconds 4[78]\d$/m);
      // Prometheus' text format: comments and samples, nothing else.
      expect(metrics).toMatch(/^((# (HELP|TYPE) .+|[a-z_]+(\{[a-z]+="[a-z_]+"\})? -?[0-9]+)\n)+$/);
    });
  });

  test('metrics are served without a token, without its age', async () => {
    await withBroker({}, async ({ port }) => {
      const metrics = await (await page(port, '/metrics')).text();
      expect(metrics).toMatch(/token_ready 0\n/);
      expect(metrics).not.toMatch(/age|remaining/);
    });
  });

  test('a missing token, and its return, are logged once each', async () => {
    await withBroker({ token }, async ({ port, tokenFile, changes }) => {
      for (let i = 0; i < 3; i++) await askForToken(port);
      writeFileSync(tokenFile, '');
      for (let i = 0; i < 3; i++) await askForToken(port);
      writeFileSync(tokenFile, token);
      for (let i = 0; i < 3; i++) await askForToken(port);
      expect(changes).toEqual(['the token file is empty', undefined]);
    });
  });
});

describe('other paths and methods', () => {
  test.each([
    '/',
    '/tokens',
    '/token/',
    '//token',
    '/Token',
    '/%74oken',
    '/./token',
    '/health/',
    '/metrics/x',
    '/.well-known/oauth-authorization-server',
  ])('there is nothing at %s', async (path) => {
    await withBroker({ token }, async ({ port }) => {
      expect(statusOf(await exchange(port, tokenRequest().replace('/token', path)))).toBe(404);
    });
  });

  test.each([
    ['/token', ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'], 'POST'],
    ['/health', ['POST', 'PUT', 'DELETE', 'OPTIONS'], 'GET, HEAD'],
    ['/metrics', ['POST', 'PUT', 'DELETE', 'OPTIONS'], 'GET, HEAD'],
  ])('%s has no %j', async (path, methods, allow) => {
    await withBroker({ token }, async ({ port }) => {
      for (const method of methods) {
        const response = await exchange(port, `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
        expect(statusOf(response), method).toBe(405);
        expect(response).toContain(`\r\nAllow: ${allow}\r\n`);
        expect(response).not.toContain(token);
      }
    });
  });

  test('HEAD answers as GET, without the body', async () => {
    await withBroker({ token }, async ({ port }) => {
      const response = await exchange(port, 'HEAD /health HTTP/1.1\r\nHost: localhost\r\n\r\n');
      expect(response).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n$/);
    });
  });
});

describe('the Host header', () => {
  test.each(['127.0.0.1:9876', 'localhost', '[::1]:1'])('the Host %s is accepted', async (host) => {
    await withBroker({ token }, async ({ port }) => {
      expect(await exchange(port, tokenRequest(`Host: ${host}`))).toContain(token);
    });
  });

  test.each(['attacker.example', 'attacker.example:9876', '10.0.0.1', 'localhost.attacker.example'])(
    'the Host %s is not: a name was made to resolve to loopback',
    async (host) => {
      await withBroker({ token }, async ({ port }) => {
        const response = await exchange(port, tokenRequest(`Host: ${host}`));
        expect(statusOf(response)).toBe(403);
        expect(jsonOf(response)).toMatchObject({ error: 'invalid_request' });
      });
    },
  );

  test.each([
    ['no Host', tokenRequest('Accept: */*')],
    ['no Host, of HTTP/1.0', tokenRequest('Accept: */*').replace('HTTP/1.1', 'HTTP/1.0')],
    ['two Hosts', tokenRequest('Host: 127.0.0.1\r\nHost: attacker.example')],
    ['twice the same Host', tokenRequest('Host: 127.0.0.1\r\nHost: 127.0.0.1')],
    ['an absolute target', tokenRequest().replace('/token', 'http://127.0.0.1/token')],
    ['an absolute target of another', tokenRequest().replace('/token', 'http://attacker.example/token')],
    ['no path at all', 'OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'],
  ])('a request with %s is refused', async (_, request) => {
    await withBroker({ token }, async ({ port }) => {
      const response = await exchange(port, request);
      expect(statusOf(response)).toBe(400);
      expect(jsonOf(response).error).toBe('invalid_request');
      expect(response).not.toContain(token);
    });
  });

  test('HTTP/1.0 with a Host is answered, and the connection ends', async () => {
    await withBroker({ token }, async ({ port }) => {
      const response = await exchange(port, tokenRequest().replace('HTTP/1.1', 'HTTP/1.0'));
      expect(response).toContain(token);
      expect(response).toContain('\r\nConnection: close\r\n');
    });
  });

  test('a page of another origin gets no CORS headers', async () => {
    await withBroker({ token }, async ({ port }) => {
      const { headers } = await askForToken(port, { headers: { origin: 'http://attacker.example' } });
      for (const name of headers.keys()) expect(name).not.toMatch(/^access-control-/);
      const preflight = await page(port, '/token', {
        method: 'OPTIONS',
        headers: { origin: 'http://attacker.example', 'access-control-request-method': 'POST' },
      });
      expect(preflight.status).toBe(405);
    });
  });
});

describe('limits', () => {
  test('are those of the reference', () => {
    expect(defaultLimits).toEqual({ header: 8192, body: 8192, request: 5000, idle: 30_000, connections: 64 });
  });

  test('a header of more than 8 kB: 431, whole or bit by bit', async () => {
    await withBroker({ token }, async ({ port }) => {
      const large = (size: number) => tokenRequest(`Host: 127.0.0.1\r\nX-Large: ${'x'.repeat(size)}`);
      expect(statusOf(await exchange(port, large(7900)))).toBe(200);
      expect(statusOf(await exchange(port, large(8192)))).toBe(431);
      expect(
        statusOf(await exchange(port, tokenRequest(`Host: 127.0.0.1\r\n${'A: b\r\n'.repeat(1500)}C: d`))),
      ).toBe(431);
    });
  });

  const filler = (size: number) =>
    `grant_type=client_credentials&x=${'x'.repeat(size - 'grant_type=client_credentials&x='.length)}`;

  test('a body of more than 8 kB: 413', async () => {
    await withBroker({ token }, async ({ port }) => {
      expect((await askForToken(port, { body: filler(8192) })).status).toBe(200);
      expect(await askForToken(port, { body: filler(8193) })).toMatchObject({
        status: 413,
        body: { error: 'invalid_request' },
      });
    });
  });

  test('a body that is announced as too large: 413, and not a byte of it is awaited', async () => {
    await withBroker({ token }, async ({ port }) => {
      const socket = await dial(port);
      socket.write(
        'POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n',
      );
      const [answer] = await once(socket, 'data');
      expect(statusOf(String(answer))).toBe(413);
      await over(socket);
    });
  });

  test('a body that does not end: the connection is closed', async () => {
    await withBroker({ token }, async ({ port }) => {
      const socket = await dial(port);
      let received = '';
      socket.on('data', (chunk) => {
        received += chunk;
      });
      socket.write(
        'POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Type: ' +
          'application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n',
      );
      const chunk = `400\r\n${'x'.repeat(1024)}\r\n`;
      const writing = setInterval(() => socket.write(chunk), 1);
      await over(socket);
      clearInterval(writing);
      expect(statusOf(received)).toBe(413);
    });
  });

  test.each([
    ['says nothing', ''],
    ['stops in the request line', 'POST /to'],
    ['stops in its headers', 'POST /token HTTP/1.1\r\nHost: localhost\r\nX'],
    ['stops in its body', tokenRequest().slice(0, -4)],
  ])('a client that %s is cut off', async (_, beginning) => {
    await withBroker({ token, limits: { request: 200 } }, async ({ port }) => {
      const socket = await dial(port);
      socket.write(beginning);
      await over(socket);
    });
  });

  test.each([
    ['header', '', tokenRequest(`Host: localhost\r\nX-Slow: ${'x'.repeat(5000)}`)],
    [
      'body',
      'POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n',
      'x'.repeat(5000),
    ],
  ])(
    'a client that sends a byte of its %s now and then is cut off too: the whole request has its time',
    async (_, at, slow) => {
      await withBroker({ token, limits: { request: 300 } }, async ({ port }) => {
        const socket = await dial(port);
        let received = '';
        socket.on('data', (chunk) => {
          received += chunk;
        });
        socket.write(at);
        const bytes = [...slow];
        const writing = setInterval(() => socket.write(bytes.shift() ?? ''), 5);
        await over(socket);
        clearInterval(writing);
        expect(statusOf(received)).toBe(408);
      });
    },
  );

  test('a connection that is idle is closed', async () => {
    await withBroker({ token, limits: { idle: 100 } }, async ({ port }) => {
      const socket = await dial(port);
      socket.write(tokenRequest());
      const [answer] = await once(socket, 'data');
      expect(String(answer)).toContain('\r\nConnection: keep-alive\r\n');
      await over(socket);
    });
  });

  test('a client that reads no responses is disconnected', async () => {
    await withBroker({ token: 'x'.repeat(60_000), limits: { request: 300 } }, async ({ port }) => {
      const socket = await dial(port);
      socket.pause();
      for (let i = 0; i < 2000 && !socket.destroyed; i++) socket.write(tokenRequest());
      // A paused socket learns that it was cut off by writing.
      const writing = setInterval(() => socket.write(tokenRequest()), 20);
      await over(socket);
      clearInterval(writing);
    });
  });

  /** Connections that never become a request, made until there are this many. */
  const hold = async ({ port }: RunningBroker, count: number): Promise<Socket[]> => {
    const sockets: Socket[] = [];
    for (let i = 0; i < count; i++) {
      const socket = await dial(port);
      socket.write('POST /token HTTP/1.1\r\nHost: loc');
      sockets.push(socket);
    }
    return sockets;
  };

  test('more than 64 connections: the oldest one is closed', async () => {
    await withBroker({ token }, async (broker) => {
      const sockets = await hold(broker, 64);
      await askForToken(broker.port, { headers: { connection: 'close' } });
      const [oldest, ...others] = sockets;
      if (oldest) await over(oldest);
      expect(others.filter(({ closed }) => closed)).toEqual([]);
      let most = 0;
      broker.server.on('connection', () =>
        broker.server.getConnections((_, count) => {
          most = Math.max(most, count);
        }),
      );
      await hold(broker, 200);
      await askForToken(broker.port);
      expect(most).toBe(64);
    });
  });

  test('many slow clients do not block others', async () => {
    await withBroker({ token }, async (broker) => {
      for (let round = 0; round < 5; round++) {
        await hold(broker, 80);
        expect((await askForToken(broker.port, { headers: { connection: 'close' } })).status).toBe(200);
      }
    });
  });
});

describe('closing down', () => {
  test('ends idle connections, finishes open requests, and then closes their connections', async () => {
    await withBroker({ token }, async ({ port, server }) => {
      const [idle, busy] = [await dial(port), await dial(port)];
      idle.write(tokenRequest());
      await once(idle, 'data');
      const request = tokenRequest();
      busy.write(request.slice(0, -4));
      await once(server, 'request');
      const closed = new Promise((done) => server.close(done));
      await over(idle);
      busy.write(request.slice(-4));
      const [answer] = await once(busy, 'data');
      expect(String(answer)).toContain(token);
      expect(String(answer)).toContain('\r\nConnection: close\r\n');
      await closed;
    });
  });
});

test('the token is read again for every request', async () => {
  await withBroker({ token: 'first' }, async ({ port, tokenFile }) => {
    expect((await askForToken(port)).body.access_token).toBe('first');
    rotate(tokenFile, 'second');
    expect((await askForToken(port)).body.access_token).toBe('second');
  });
});
