import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RegistrationInputs } from '../../src/catalog/registration-inputs.ts';
import { kubernetesClient } from '../../src/registration/adapters/kubernetes-client.ts';
import { type Registration, register, type Through } from '../../src/registration/register.ts';
import { createLog } from '../../src/report/log.ts';
import { Redactions } from '../../src/report/redactions.ts';
import { type EmbeddedPostgres, startPostgres } from '../support/embedded-postgres.ts';
import { type RegistrationScene, startScene } from '../support/registration-scene.ts';

let postgres: EmbeddedPostgres;
let scene: RegistrationScene;
let lines: string[];

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  lines = [];
  scene = await startScene(postgres);
});
afterEach(() => scene.end());

function registration(): Registration {
  const redactions = new Redactions();
  const connection = {
    server: scene.cluster.server,
    options: async () => ({ headers: { authorization: 'Bearer admin-token' } }),
  };
  return {
    inputs: scene.inputs(),
    sources: { kubernetes: kubernetesClient(connection), environment: {}, redactions },
    log: createLog({ format: 'json', write: (line) => lines.push(line), redactions }),
    signal: AbortSignal.timeout(30_000),
    token: async () => undefined,
    serverURL: scene.lakekeeper.url,
    acceptNewEncryptionKey: false,
  };
}
const run = (through: Through = 'proof') => register(registration(), through);

test('registers an org, from nothing to what is recorded', async () => {
  expect(await run()).toMatchObject({
    iceberg_lakekeeper_endpoint: 'http://lakekeeper-acme.lakekeeper.svc:8181/catalog',
    iceberg_lakekeeper_warehouse: 'org-acme',
    iceberg_state: 'ready',
  });
  expect(scene.lakekeeper.warehouses.map(({ name, profile }) => [name, profile.bucket])).toEqual([
    ['org-acme', 'lake-bucket'],
  ]);
  const held = scene.orgSecret();
  expect(Object.keys(held ?? {}).sort()).toEqual([
    'db-password',
    'db-user',
    'encryption-key',
    'oauth2-client-secret',
  ]);
  await (await scene.connect(held?.['db-user'] ?? '', held?.['db-password'] ?? '', 'lakekeeper_acme')).end();
});

test('a second run writes nothing', async () => {
  const first = await run();
  const before = { secret: scene.orgSecret(), writes: scene.writes() };
  lines = [];
  expect(await run()).toEqual(first);
  expect({ secret: scene.orgSecret(), writes: scene.writes() }).toEqual(before);
  expect(lines.filter((line) => /created|updated|changed/.test(line))).toEqual([]);
});

test('two runs at once agree on one Secret and one warehouse', async () => {
  const [one, other] = await Promise.all([run(), run()]);
  expect(one).toEqual(other);
  expect(scene.lakekeeper.warehouses).toHaveLength(1);
});

test('the Secret is written when database and role work, not before', async () => {
  const seen: unknown[] = [];
  scene.cluster.faults.push(({ verb, plural, body }) => {
    if (verb === 'create' && plural === 'secrets') {
      const { data } = body as unknown as { data: Record<string, string> };
      const decoded = (key: string) => Buffer.from(data[key] ?? '', 'base64').toString();
      seen.push(
        scene
          .connect(decoded('db-user'), decoded('db-password'), 'lakekeeper_acme')
          .then((client) => client.end())
          .then(() => 'works'),
      );
    }
    return undefined;
  });
  await run();
  expect(await Promise.all(seen)).toEqual(['works']);
});

test('through the credentials only: the first Job of the arrangement split, before the custom resource is there', async () => {
  scene.cluster.delete('lakekeepers', 'lakekeeper', 'lakekeeper-acme');
  expect(await run('credentials')).toBeUndefined();
  expect(scene.orgSecret()).toBeDefined();
  expect(scene.lakekeeper.requests).toEqual([]);
});

describe('what was lost comes back, or is not replaced by something worse', () => {
  test('a role that was dropped has its password again', async () => {
    await run();
    const admin = await scene.connect(postgres.user, postgres.password, postgres.database);
    await admin.query(`ALTER ROLE lakekeeper_acme PASSWORD 'something else'`);
    await admin.end();
    await run();
    await (
      await scene.connect('lakekeeper_acme', scene.orgSecret()?.['db-password'] ?? '', 'lakekeeper_acme')
    ).end();
  });

  test('a warehouse that was deleted is made anew', async () => {
    await run();
    scene.lakekeeper.warehouses.length = 0;
    await run();
    expect(scene.lakekeeper.warehouses).toHaveLength(1);
  });

  // Incident 37: a new key over an old database, SecretFetchError.
  test('no new encryption key over a database that holds a catalog, unless told to', async () => {
    await run();
    scene.cluster.delete('secrets', 'lakekeeper', 'lakekeeper-acme');
    await expect(run()).rejects.toThrow(/database already holds a catalog.*--accept-new-encryption-key/s);
    expect(scene.orgSecret()).toBeUndefined();
    await register({ ...registration(), acceptNewEncryptionKey: true }, 'proof');
    expect(scene.orgSecret()).toBeDefined();
  });
});

test('a catalog that is open although authentication was asked for is not registered', async () => {
  const wanted = registration();
  const inputs: RegistrationInputs = {
    ...wanted.inputs,
    authentication: { mode: 'openID', issuer: 'cluster', audience: 'lakekeeper-acme' },
  };
  await expect(
    register({ ...wanted, inputs, token: async () => 'a-token-of-the-job' }, 'proof'),
  ).rejects.toThrow(/the catalog is open to everyone although authentication was asked for/);
});

test('no secret is in the log', async () => {
  await run();
  const secrets = [
    ...Object.entries(scene.orgSecret() ?? {})
      .filter(([key]) => key !== 'db-user')
      .map(([, value]) => value),
    postgres.password,
    'the-secret-key',
  ];
  expect(lines.length).toBeGreaterThan(3);
  for (const value of secrets) expect(lines.join('')).not.toContain(value);
});
