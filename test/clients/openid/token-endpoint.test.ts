import { createServer } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { requestClientToken } from '../../../src/clients/openid/token-endpoint.ts';
import { isTokenEndpointBusy, TokenEndpointError } from '../../../src/clients/openid/token-refusals.ts';
import { explain, PermanentError } from '../../../src/text/errors.ts';
import { listen } from '../../support/listen.ts';

interface Answer {
  readonly status: number;
  readonly body?: object | string;
  readonly retryAfter?: string;
}

/** The answers of the provider, in this order; the last one is repeated. */
let answers: Answer[] = [];
let asked = 0;
let waits: number[] = [];
const server = createServer((request, response) => {
  request.resume().on('end', () => {
    const { status, body = {}, retryAfter } = answers[Math.min(asked, answers.length - 1)] as Answer;
    asked += 1;
    response.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
});
let tokenEndpoint: string;
beforeAll(async () => {
  tokenEndpoint = `http://127.0.0.1:${await listen(server)}/token`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  [answers, asked, waits] = [[], 0, []];
});

const request = (at = tokenEndpoint, signal = AbortSignal.timeout(10_000)) =>
  requestClientToken({
    ...{ tokenEndpoint: at, signal, parameters: { audience: 'lakekeeper-acme' } },
    client: { id: 'registration', secret: 'the-secret' },
    wait: async (milliseconds) => void waits.push(milliseconds),
  });
const token = { access_token: 'token', expires_in: 60 };

test.each([408, 429, 500, 502, 503, 504])(
  '%i is asked again, and a token that comes then is used',
  async (status) => {
    answers = [{ status }, { status: 200, body: token }];
    expect(await request()).toMatchObject({ token: 'token' });
    expect([asked, waits.length]).toEqual([2, 1]);
  },
);

test('waits as long as the provider asks for', async () => {
  answers = [
    { status: 429, retryAfter: '7' },
    { status: 200, body: token },
  ];
  await request();
  expect(waits[0]).toBeGreaterThanOrEqual(7000);
});

test('a provider that stays busy is what the run waits for, with what to check', async () => {
  answers = [{ status: 503, retryAfter: '3' }];
  const error = await request().catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(TokenEndpointError);
  expect(error).toMatchObject({ retryAfterMs: 3000 });
  expect(isTokenEndpointBusy(new Error('while', { cause: error }))).toBe(true);
  expect(explain(error)).toMatch(
    /token gave no token for the client registration: status 503; .*check its address/,
  );
  expect([asked, waits.length]).toEqual([4, 3]);
});

test('so is one that does not answer', async () => {
  const error = await request('http://127.0.0.1:1/token').catch((caught: unknown) => caught);
  expect(isTokenEndpointBusy(error)).toBe(true);
  expect(explain(error)).toContain('no answer');
  expect(waits.length).toBe(3);
});

test.each<[string, Answer]>([
  ['a wrong secret', { status: 401, body: { error: 'invalid_client' } }],
  ['a wrong secret, as Cognito says it', { status: 400, body: { error: 'invalid_client' } }],
  ['a wrong secret, as Keycloak says it', { status: 401, body: { error: 'unauthorized_client' } }],
])('%s may be a rotated one: the run ends, and the next one tries again', async (_, answer) => {
  answers = [answer];
  const error = await request().catch((caught: unknown) => caught);
  expect(error).toMatchObject({ refusal: 'client' });
  expect([isTokenEndpointBusy(error), asked]).toEqual([false, 1]);
});

test.each<[string, Answer, RegExp]>([
  [
    'a scope',
    { status: 400, body: { error: 'invalid_scope' } },
    /status 400 \(invalid_scope\); .*correct the scope/,
  ],
  ['the grant', { status: 400, body: { error: 'unauthorized_client' } }, /allow it at the provider/],
  ['an unknown path', { status: 404, body: '<html>' }, /status 404; .*correct authentication\.tokenEndpoint/],
  ['a page instead of a token', { status: 200, body: '<html>' }, /status 200; .*or the proxy before it/],
])('%s that is refused needs a person, and is asked for once', async (_, answer, message) => {
  answers = [answer];
  const error = await request().catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(PermanentError);
  expect(explain(error)).toMatch(message);
  expect(explain(error)).not.toContain('the-secret');
  expect(asked).toBe(1);
});

test('the end of the run ends it, with its reason', async () => {
  answers = [{ status: 503 }];
  const run = new AbortController();
  run.abort(new Error('the deadline of the run'));
  await expect(request(tokenEndpoint, run.signal)).rejects.toThrow('the deadline of the run');
});
