import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { runCommand } from '../support/command.ts';
import { type EmbeddedPostgres, startPostgres } from '../support/embedded-postgres.ts';
import { baseSettings } from '../support/fleet.ts';
import { kubeconfigOf } from '../support/kubeconfig.ts';
import { type RegistrationScene, startScene } from '../support/registration-scene.ts';
import { withDirectory } from '../support/tree.ts';

let postgres: EmbeddedPostgres;
let scene: RegistrationScene;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  scene = await startScene(postgres);
});
afterEach(() => scene.end());

const org = (org_id: string, columns = {}) => ({
  org_id,
  iceberg_enabled: true,
  state: 'ready',
  metadata_store_kind: 'external',
  metadata_store_endpoint: postgres.host,
  metadata_store_port: postgres.port,
  data_store_bucket_name: 'lake-bucket',
  duckling_name: `duckling-${org_id}`,
  ...columns,
});
const acme = () => org('acme');
/** Its admin's password is nowhere. */
const globex = () => org('globex');
const broken = () => org('broken', { metadata_store_kind: 'unheard-of' });
const off = () => org('off', { iceberg_enabled: false });

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function register(fleet: readonly object[], ...args: string[]): Promise<Run> {
  const external = {
    ...baseSettings.metadataStores.external,
    sslMode: 'disable',
    admin: { user: postgres.user, ...baseSettings.metadataStores.external.admin },
  };
  const settings = {
    ...baseSettings,
    metadataStores: { external },
    registration: { ...baseSettings.registration, record: { configMap: true } },
  };
  return withDirectory(async (directory) => {
    await writeFile(join(directory, 'kubeconfig'), kubeconfigOf(scene.cluster.server));
    const files = { 'warehouses.json': { warehouses: fleet }, 'platform.yaml': settings };
    for (const [name, content] of Object.entries(files))
      await writeFile(join(directory, name), JSON.stringify(content));
    return runCommand(
      [
        ...['register', '--warehouses', 'warehouses.json', '--kubeconfig', 'kubeconfig'],
        ...['--server-url', scene.lakekeeper.url, ...args],
      ],
      { cwd: directory },
    );
  });
}
const results = ({ stdout }: Run): Record<string, string> =>
  Object.fromEntries(JSON.parse(stdout).map(({ org, result }: Record<string, string>) => [org, result]));

test('one org of a fleet that fails does not stop the others, and the table has each result', async () => {
  const ended = await register([acme(), globex(), broken(), off()], '--all');
  expect(ended.code).toBe(1);
  expect(ended.stdout).toMatch(/^ORG +RESULT +WHERE OR WHY\n/);
  expect(ended.stdout).toMatch(
    /^acme +registered +http:\/\/lakekeeper-acme\.lakekeeper\.svc:8181\/catalog$/m,
  );
  expect(ended.stdout).toMatch(/^globex +failed +there is no Secret ducklings\/duckling-globex-postgres/m);
  expect(ended.stdout).toMatch(/^broken +rejected +warehouses\[2\]\.metadata_store_kind/m);
  expect(ended.stdout).not.toMatch(/^off/m);
  expect(ended.stdout).toMatch(/1 registered, 1 failed, 1 rejected\n$/);
  expect(ended.stdout + ended.stderr).not.toContain(postgres.password);
});

test('orgs that are rejected only: exit code 3, and 0 when none is', async () => {
  const some = await register([acme(), broken()], '--all', '--output', 'json');
  expect(some.code).toBe(3);
  expect(results(some)).toEqual({ acme: 'registered', broken: 'rejected' });
  const all = await register([acme()], '--all', '--output', 'json');
  expect(all.code).toBe(0);
  expect(results(all)).toEqual({ acme: 'unchanged' });
});

test('registers only the orgs of --org', async () => {
  const ended = await register(
    [acme(), globex(), off()],
    '--org',
    'acme',
    '--org',
    'off',
    '--output',
    'json',
  );
  expect(ended.code).toBe(0);
  expect(results(ended)).toEqual({ acme: 'registered', off: 'stopped' });
});

test('an unknown org is wrong usage, with a similar org as suggestion', async () => {
  const ended = await register([acme(), globex()], '--org', 'acne');
  expect(ended.code).toBe(2);
  expect(ended.stderr).toBe('error: the source has no org "acne"; did you mean "acme"?\n');
});

test('a dry run of the fleet writes nothing', async () => {
  const ended = await register([acme(), off()], '--all', '--dry-run');
  expect(ended.code).toBe(0);
  expect(ended.stdout).toMatch(/^acme +metadata store +create the role: lakekeeper_acme$/m);
  expect(ended.stdout).toMatch(/to do for 1 org; nothing was changed\n$/);
  expect(scene.writes()).toBe(0);
});

test('permanent failures: exit code 3 for a fleet, 4 for a single org', async () => {
  await register([acme()], '--all');
  scene.cluster.delete('secrets', 'lakekeeper', 'lakekeeper-acme');
  expect((await register([acme(), broken()], '--all')).code).toBe(3);
  const one = await register([acme()], '--org', 'acme');
  expect(one.code).toBe(4);
  expect(one.stdout).toMatch(/--accept-new-encryption-key/);
});
