import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import * as openid from 'openid-client';
import { describe, expect, test } from 'vitest';
import { lakekeeperGitops } from '../support/program.ts';
import {
  askForToken,
  dial,
  exchange,
  jwt,
  over,
  rotate,
  tokenRequest,
  withBrokerProcess,
} from '../support/token-broker.ts';
import { withDirectory } from '../support/tree.ts';

const seconds = () => Math.floor(Date.now() / 1000);
const freshToken = (nonce = '') => jwt({ iat: seconds(), exp: seconds() + 3600 }, nonce);
const withTokenFile = (work: (file: string) => Promise<void>) =>
  withDirectory((directory) => work(join(directory, 'token')));
const segments = (token: string) => [token, ...token.split('.')];

/** What an OAuth2 client of npm makes of a broker. */
function client(port: number, authentication?: openid.ClientAuth): openid.Configuration {
  const url = `http://127.0.0.1:${port}`;
  const configuration = new openid.Configuration(
    { issuer: url, token_endpoint: `${url}/token` },
    'duckling-acme',
    'a placeholder',
    authentication,
  );
  openid.allowInsecureRequests(configuration);
  return configuration;
}

describe('an OAuth2 client', () => {
  test.each([
    ['in the body', openid.ClientSecretPost('a placeholder')],
    ['in Basic', openid.ClientSecretBasic('a placeholder')],
    ['not at all', openid.None()],
  ])('logs in, with its credentials %s', async (_, authentication) => {
    await withTokenFile(async (file) => {
      const token = await freshToken();
      writeFileSync(file, `${token}\n`);
      await withBrokerProcess(['--token-file', file], async ({ port }) => {
        const answer = await openid.clientCredentialsGrant(client(port, authentication), {
          scope: 'catalog',
        });
        expect(answer).toMatchObject({ access_token: token, token_type: 'bearer', expires_in: 60 });
      });
    });
  });

  test('gets a retriable error when there is no token', async () => {
    await withTokenFile(async (file) => {
      await withBrokerProcess(['--token-file', file], async ({ port }) => {
        const failure = await openid.clientCredentialsGrant(client(port)).catch((error: unknown) => error);
        expect((failure as { cause: Response }).cause.status).toBe(503);
      });
    });
  });
});

test('rotation under load: no answer fails, and none is older than the token at its request', async () => {
  await withTokenFile(async (file) => {
    const tokens = await Promise.all(Array.from({ length: 100 }, (_, i) => freshToken(String(i))));
    const age = new Map(tokens.map((token, i) => [token, i]));
    let current = 0;
    rotate(file, tokens[0] ?? '');
    await withBrokerProcess(['--token-file', file], async ({ port, output }) => {
      let answered = 0;
      const worker = async () => {
        while (current < tokens.length - 1) {
          const atLeast = current;
          const { status, body } = await askForToken(port);
          expect(status).toBe(200);
          expect(age.get(String(body.access_token))).toBeGreaterThanOrEqual(atLeast);
          answered++;
        }
      };
      const workers = Array.from({ length: 16 }, worker);
      for (let next = 1; next < tokens.length; next++) {
        const before = answered;
        rotate(file, tokens[next] ?? '');
        current = next;
        // Every token is asked for before the next comes.
        while (answered < before + 16 && next < tokens.length - 1)
          await new Promise((turn) => setImmediate(turn));
      }
      await Promise.all(workers);
      expect(answered).toBeGreaterThan(1000);
      expect(output()).not.toContain('no token');
    });
  });
});

test('the token is in no log, no metric and no error, and no part of it is', async () => {
  await withTokenFile(async (file) => {
    const [good, late] = [await freshToken(), await jwt({ exp: seconds() + 1 })];
    await withBrokerProcess(['--token-file', file], async ({ port, output, kill, ended }) => {
      const page = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).text();
      const seen: string[] = [];
      const look = async () =>
        seen.push(
          await page('/health'),
          await page('/metrics'),
          await page('/else'),
          JSON.stringify((await askForToken(port, { body: 'grant_type=x' })).body),
          await exchange(port, `${good}\r\n\r\n`),
          await exchange(port, tokenRequest('Host: attacker.example')),
        );
      for (const content of [
        late,
        `${good}\n${good}`,
        `${good} `,
        good.repeat(500),
        '',
        `${good.slice(0, -9)}\u0000`,
      ]) {
        writeFileSync(file, content);
        await look();
        seen.push(JSON.stringify((await askForToken(port)).body));
      }
      writeFileSync(file, good);
      await look();
      expect((await askForToken(port)).body.access_token).toBe(good);
      kill('SIGTERM');
      await ended;
      const all = [...seen, output()].join('\n');
      expect(all).toContain('the token file has more than one line');
      for (const part of [...segments(good), ...segments(late)]) expect(all).not.toContain(part);
    });
  });
});

describe('settings', () => {
  test('come from the environment too; flags go first', async () => {
    await withTokenFile(async (file) => {
      writeFileSync(file, 'opaque');
      const env = {
        LAKEKEEPER_GITOPS_TOKEN_BROKER_TOKEN_FILE: file,
        LAKEKEEPER_GITOPS_TOKEN_BROKER_EXPIRES_IN: '30',
        LAKEKEEPER_GITOPS_TOKEN_BROKER_PATH: '/oauth/token',
      };
      const asked = (args: string[]) =>
        withBrokerProcess(
          args,
          async ({ port }) => (await askForToken(port, { path: '/oauth/token' })).body,
          env,
        );
      expect(await asked([])).toEqual({ access_token: 'opaque', token_type: 'Bearer', expires_in: 30 });
      expect(await asked(['--expires-in', '20'])).toMatchObject({ expires_in: 20 });
    });
  });

  test.each([
    ['without a token file', [], /no token file is configured; give --token-file, or set/],
    ['to be reached from outside', ['--listen', '0.0.0.0:9876'], /not a loopback address/],
    ['to be reached from outside, by IPv6', ['--listen', '[::]:9876'], /not a loopback address/],
    ['at a Unix path', ['--listen', '/tmp/broker.sock'], /Unix socket/],
    ['for ever', ['--expires-in', '0'], /--expires-in/],
  ])('%s: exit code 2, and one line says why', async (name, args, message) => {
    const file = name === 'without a token file' ? [] : ['--token-file', 'token'];
    const ended = await lakekeeperGitops(['token-broker', ...file, ...args]);
    expect(ended).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(message) });
    expect(ended.stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});

test('a port in use: exit code 1, and one line', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  const ended = await lakekeeperGitops([
    'token-broker',
    '--token-file',
    'x',
    '--listen',
    `127.0.0.1:${port}`,
  ]);
  other.close();
  expect(ended).toMatchObject({ code: 1, stdout: '' });
  expect(ended.stderr).toMatch(
    new RegExp(`^error: cannot listen on 127\\.0\\.0\\.1:${port}: another process does; [^\\n]*\\n$`),
  );
});

test('--probe says by its exit code whether the broker is ready', async () => {
  await withTokenFile(async (file) => {
    await withBrokerProcess(['--token-file', file], async ({ port, kill, ended }) => {
      const probe = () => lakekeeperGitops(['token-broker', '--probe', '--listen', `127.0.0.1:${port}`]);
      expect(await probe()).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/is not ready \(status 503\)/),
      });
      writeFileSync(file, 'opaque');
      expect(await probe()).toMatchObject({ code: 0, stdout: '', stderr: '' });
      kill('SIGTERM');
      await ended;
      expect(await probe()).toMatchObject({ code: 1, stderr: expect.stringMatching(/does not answer/) });
    });
  });
});

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  test('finishes open requests, and then ends', async () => {
    await withTokenFile(async (file) => {
      writeFileSync(file, 'opaque');
      await withBrokerProcess(['--token-file', file], async ({ port, kill, ended, output }) => {
        const socket = await dial(port);
        const request = tokenRequest();
        let received = '';
        socket.on('data', (chunk) => {
          received += chunk;
        });
        socket.write(request.slice(0, -4));
        // Answered by the same process after it has seen the former's beginning.
        await askForToken(port, { headers: { connection: 'close' } });
        kill(signal);
        while (!output().includes('"ending"')) await new Promise((turn) => setTimeout(turn, 10));
        socket.write(request.slice(-4));
        await over(socket);
        expect(received).toContain('opaque');
        expect(await ended).toBe(0);
      });
    });
  });
});

test('SIGTERM ends the process also when a client does not end', async () => {
  await withTokenFile(async (file) => {
    await withBrokerProcess(['--token-file', file], async ({ port, kill, ended }) => {
      const socket = await dial(port);
      socket.write('POST /token HTTP/1.1\r\nHost: localhost\r\nX: ');
      const writing = setInterval(() => socket.write('x'), 50);
      await askForToken(port);
      kill('SIGTERM');
      expect(await ended).toBe(0);
      clearInterval(writing);
    });
  });
});
