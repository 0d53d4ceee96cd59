import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FaultScene, givenSecrets, startFaultScene, type Variant } from '../support/fault-scene.ts';
import { type LoggedPostgres, startLoggedPostgres } from '../support/logged-postgres.ts';
import type { Ended } from '../support/program.ts';
import type { ScenePostgres } from '../support/registration-scene.ts';

/** A server that logs every statement, with a password that is no word. */
const password = randomBytes(12).toString('hex');
let server: LoggedPostgres;
let postgres: ScenePostgres;

beforeAll(async () => {
  server = await startLoggedPostgres(undefined, password);
  const { port, url } = server;
  postgres = { host: '127.0.0.1', port, user: 'postgres', password, database: 'postgres', url };
});
afterAll(() => server.stop());

/**
 * All that anybody can read of a run: its output, the row, the Events and ConfigMaps, and what Postgres logged since
 * `mark`.
 */
async function everythingToRead(fault: FaultScene, runs: readonly Ended[], mark: number): Promise<string> {
  const { cluster } = fault.scene;
  const told = cluster.requests.filter(
    ({ verb, plural }) => verb !== 'get' && /events|configmaps/.test(plural),
  );
  expect(told.length).toBeGreaterThan(0);
  return [
    ...runs.flatMap(({ stdout, stderr }) => [stdout, stderr]),
    JSON.stringify(await fault.row()),
    JSON.stringify(told),
    server.log().slice(mark),
  ].join('\n');
}

function expectNoSecret(text: string, secrets: readonly (string | undefined)[]): void {
  const known = [...givenSecrets, password, ...secrets].filter((secret) => secret !== undefined);
  expect(known.length).toBeGreaterThan(givenSecrets.length);
  const forms = known.flatMap((secret) => [
    secret,
    Buffer.from(secret).toString('base64'),
    encodeURIComponent(secret),
  ]);
  expect(forms.filter((form) => text.includes(form))).toEqual([]);
}

/** What registration made up. */
function generated({ scene }: FaultScene): (string | undefined)[] {
  const { 'db-user': _, ...secrets } = scene.orgSecret() ?? {};
  return Object.values(secrets);
}

describe('no secret is in any output of a run that succeeds', () => {
  test.each<Variant>(['authentication', 'exchanged credentials'])('%s', async (variant) => {
    await using fault = await startFaultScene(postgres, variant);
    const mark = server.log().length;
    const runs = [await fault.run('--output', 'json'), await fault.run('--dry-run')];
    expect(runs.map(({ code }) => code)).toEqual([0, 0]);
    const text = await everythingToRead(fault, runs, mark);
    expect(text).toContain(variant === 'exchanged credentials' ? 'SELECT' : 'ALTER SCHEMA public');
    expectNoSecret(text, generated(fault));
  });
});

describe('no secret is in any output of a run that fails', () => {
  test.each<[string, (fault: FaultScene) => Promise<void> | void, RegExp]>([
    [
      'because the catalog quotes the credential of the data store',
      ({ scene }) => {
        const body = JSON.stringify({
          error: { type: 'InvalidStorageCredential', message: 'cannot sign with the-secret-key', code: 400 },
        });
        scene.lakekeeper.fail('POST /management/v1/warehouse', { kind: 'status', status: 400, body });
      },
      /cannot sign with \[redacted\]/,
    ],
    [
      "because the catalog does not take the Job's token, and quotes it",
      ({ scene }) => {
        scene.lakekeeper.settings = { ...scene.lakekeeper.settings, tokens: ['another'] };
        const body = JSON.stringify({
          error: { type: 'AuthenticationFailed', message: 'bad: the-token-of-the-job', code: 401 },
        });
        // The request without a token, the one with it, and the one with a token that is read anew.
        for (let i = 0; i < 3; i += 1)
          scene.lakekeeper.fail('GET /management/v1/info', { kind: 'status', status: 401, body });
      },
      /bad: \[redacted\]/,
    ],
    [
      'because the API server refuses the Secret, and quotes it',
      ({ scene }) => {
        scene.cluster.faults.push(({ verb, plural, body }) =>
          verb === 'create' && plural === 'secrets'
            ? {
                code: 422,
                text: JSON.stringify({
                  kind: 'Status',
                  message: JSON.stringify(body),
                  reason: 'Invalid',
                  code: 422,
                }),
              }
            : undefined,
        );
      },
      /while creating secrets/,
    ],
    [
      'because the password of the admin is wrong',
      ({ scene, inputs }) => {
        if (inputs.metadataStore.provisioning !== 'admin') return;
        scene.putSecret('ducklings', 'duckling-acme-postgres', { password: 'a wrong password' });
      },
      /password authentication failed/,
    ],
    [
      'because the URL of the warehouse database is broken',
      ({ scene }) =>
        scene.putSecret('duckgres', 'warehouse-database', { url: `postgres://u:${password}@h:x/d` }),
      /warehouse|URL|port/,
    ],
    [
      'because the role may not be made',
      async (fault) => {
        await fault.sql('CREATE ROLE lakekeeper_acme SUPERUSER');
      },
      /to have no attribute but LOGIN/,
    ],
  ])('%s', async (_, fail, message) => {
    await using fault = await startFaultScene(postgres, 'authentication');
    const attempted: string[] = [];
    fault.scene.cluster.faults.push(({ verb, plural, body }) => {
      const { data } = body as { data?: Record<string, string> };
      if (verb === 'create' && plural === 'secrets')
        for (const [key, value] of Object.entries(data ?? {}))
          if (key !== 'db-user') attempted.push(Buffer.from(value, 'base64').toString());
      return undefined;
    });
    const mark = server.log().length;
    await fail(fault);
    const ended = await fault.run();
    expect(ended.code, ended.stderr).not.toBe(0);
    expect(ended.stderr).toMatch(message);
    const { cluster } = fault.scene;
    const events = cluster.requests.filter(({ plural, verb }) => plural === 'events' && verb === 'create');
    const text = [ended.stdout, ended.stderr, JSON.stringify(await fault.row()), JSON.stringify(events)].join(
      '\n',
    );
    expectNoSecret(`${text}\n${server.log().slice(mark)}`, [
      ...generated(fault),
      ...attempted,
      'a wrong password',
    ]);
  });
});
