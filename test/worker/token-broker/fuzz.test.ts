import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  askForToken,
  exchange,
  type RunningBroker,
  tokenRequest,
  withBroker,
} from '../../support/token-broker.ts';

const token = 'the-token-that-nobody-gets';
let broker: RunningBroker;
let release: () => void;
let lent: Promise<void>;

beforeAll(async () => {
  await new Promise<void>((ready) => {
    lent = withBroker({ token, limits: { request: 1000 } }, async (running) => {
      broker = running;
      ready();
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    });
  });
});
afterAll(async () => {
  release();
  await lent;
});

const body = 'grant_type=client_credentials';
const smuggled = tokenRequest();

/** Whatever came, the broker is there, for one who asks rightly. */
async function isThere(): Promise<void> {
  expect(await askForToken(broker.port)).toMatchObject({ status: 200, body: { access_token: token } });
}

describe('a request that could be taken for two', () => {
  const head = (headers: string, method = 'POST', path = '/token') =>
    `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: ` +
    `application/x-www-form-urlencoded\r\n${headers}\r\n\r\n`;

  test.each([
    [
      'both a length and chunks',
      `${head(`Content-Length: 4\r\nTransfer-Encoding: chunked`)}0\r\n\r\n${smuggled}`,
    ],
    ['chunks and a length', `${head(`Transfer-Encoding: chunked\r\nContent-Length: 4`)}0\r\n\r\n${smuggled}`],
    ['two lengths', head(`Content-Length: 0\r\nContent-Length: ${smuggled.length}`) + smuggled],
    ['a list of lengths', head(`Content-Length: 0, ${smuggled.length}`) + smuggled],
    ['a signed length', head('Content-Length: +0') + smuggled],
    ['a negative length', head('Content-Length: -1') + smuggled],
    ['a length that is none', head('Content-Length: 0x0') + smuggled],
    [
      'an encoding that is not chunked last',
      `${head('Transfer-Encoding: chunked, identity')}0\r\n\r\n${smuggled}`,
    ],
    ['a strange encoding', `${head('Transfer-Encoding: xchunked')}0\r\n\r\n${smuggled}`],
    [
      'two encodings',
      `${head('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity')}0\r\n\r\n${smuggled}`,
    ],
    ['an encoding behind a vertical tab', `${head('Transfer-Encoding: \x0bchunked')}0\r\n\r\n${smuggled}`],
    ['a blank before the colon', head('Content-Length : 0') + smuggled],
    ['a folded header', head(`X: y\r\n Content-Length: 0`) + smuggled],
    ['bare line feeds', head(`X: y\nContent-Length: 0`) + smuggled],
    ['bare carriage returns', head(`X: y\rContent-Length: 0`) + smuggled],
    ['a NUL', head(`X: \0\r\nContent-Length: 0`) + smuggled],
    ['a bad chunk size', `${head('Transfer-Encoding: chunked')}0x0\r\n\r\n${smuggled}`],
    ['a chunk size beyond all', `${head('Transfer-Encoding: chunked')}ffffffffffffffffff\r\n${smuggled}`],
    ['a chunk extension with a line end', `${head('Transfer-Encoding: chunked')}0;a=\n\r\n\r\n${smuggled}`],
    ['a body where none belongs', head(`Content-Length: ${smuggled.length}`, 'GET', '/health') + smuggled],
    [
      'chunks where none belong',
      head('Transfer-Encoding: chunked', 'GET', '/health') +
        `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`,
    ],
    ['a body at another path', head(`Content-Length: ${smuggled.length}`, 'POST', '/else') + smuggled],
    ['a body of another method', head(`Content-Length: ${smuggled.length}`, 'PUT') + smuggled],
    ['a body that is too large', head('Content-Length: 9000') + smuggled],
    ['a body that is a request', head(`Content-Length: ${smuggled.length}`) + smuggled],
    ['a header that is one', head(`X: ${smuggled.replaceAll('\r\n', ' ')}\r\nContent-Length: 0`)],
    ['a tunnel', `CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n${smuggled}`],
    ['HTTP/2', `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${smuggled}`],
    ['HTTP/0.9', `POST /token\r\n${smuggled}`],
    ['TLS', `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03${smuggled}`],
  ])('%s: no token, and the broker goes on', async (_, bytes) => {
    expect(await exchange(broker.port, Buffer.from(bytes, 'latin1'))).not.toContain(token);
    await isThere();
  });
});

describe('requests in a row on one connection', () => {
  test('are answered in their order', async () => {
    const received = await exchange(
      broker.port,
      tokenRequest() +
        tokenRequest('Host: localhost', 'grant_type=x') +
        'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n',
    );
    expect([...received.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual([
      '200',
      '400',
      '200',
    ]);
  });

  test('a thousand requests get a thousand answers', async () => {
    const received = await exchange(broker.port, tokenRequest().repeat(1000));
    expect(received.split(token)).toHaveLength(1001);
  });

  test('only requests for a token get a token', async () => {
    const others = fc.constantFrom(
      'GET /token HTTP/1.1\r\nHost: localhost\r\n\r\n',
      'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n',
      tokenRequest('Host: localhost', 'grant_type=password'),
      tokenRequest('Host: attacker.example').replace('POST', 'DELETE'),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.constant(tokenRequest()), others), { maxLength: 8 }),
        async (requests) => {
          const received = await exchange(broker.port, requests.join(''));
          const asked = requests
            .slice(0, closedAfter(requests))
            .filter((request) => request === tokenRequest());
          expect(received.split(token).length - 1).toBe(asked.length);
        },
      ),
      { numRuns: 100 },
    );
  });

  /** The broker reads no body that it does not want, so the connection ends there. */
  function closedAfter(requests: readonly string[]): number {
    const first = requests.findIndex((request) => request.startsWith('DELETE'));
    return first === -1 ? requests.length : first;
  }
});

test('random bytes without POST /token get no token', async () => {
  const pieces = fc.constantFrom(
    'POST',
    'GET',
    'post',
    'P\0ST',
    ' ',
    '\t',
    '/token',
    '/health',
    '/token?',
    'http://localhost/token',
    ' HTTP/1.1',
    ' HTTP/1.0',
    '\r\n',
    '\n',
    '\r',
    '\r\n\r\n',
    ':',
    'Host: localhost',
    'Host: attacker.example',
    'Content-Length: 29',
    'Content-Length: 0',
    'Transfer-Encoding: chunked',
    '1d\r\n',
    '0\r\n\r\n',
    'Content-Type: application/x-www-form-urlencoded',
    'Expect: 100-continue',
    'Upgrade: h2c',
    'Connection: upgrade',
    body,
  );
  const anything = fc.string({ unit: 'binary', maxLength: 20 });
  const bytes = fc
    .array(fc.oneof({ weight: 5, arbitrary: pieces }, anything), { maxLength: 40 })
    .map((parts) => parts.join(''));
  await fc.assert(
    fc.asyncProperty(
      bytes.filter((text) => !text.includes('POST /token')),
      async (text) => {
        expect(await exchange(broker.port, Buffer.from(text, 'latin1'))).not.toContain(token);
      },
    ),
    { numRuns: 1000 },
  );
  await isThere();
});

test('a request with any of its bytes changed does no harm', async () => {
  const original = Buffer.from(tokenRequest());
  const change = fc.record({ at: fc.nat(original.length - 1), to: fc.nat(255), deletes: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
      let bytes = Buffer.from(original);
      for (const { at, to, deletes } of changes) {
        if (deletes) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
        else bytes[Math.min(at, bytes.length - 1)] = to;
      }
      const received = await exchange(broker.port, bytes);
      if (received.includes(token)) expect(bytes.toString('latin1')).toMatch(/^(\r?\n)*POST \/token/);
    }),
    { numRuns: 1000 },
  );
  await isThere();
});
