import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Condition } from './operator/lakekeeper.ts';
import { healthCheck } from './support/fleet.ts';
import { readYaml } from './support/manifests.ts';
import { tool } from './support/tools.ts';

/** The health check on every state that the operator reports, in the layout of Argo CD's own tests: by Lua 5.1, and by the Lua that Argo CD has. */

const directory = dirname(healthCheck);
interface HealthTest {
  readonly healthStatus: { readonly status: string; readonly message: string };
  readonly inputPath: string;
}
const { tests } = await readYaml<{ tests: HealthTest[] }>(join(directory, 'health_test.yaml'));
const objects = await Promise.all(tests.map(({ inputPath }) => readYaml<Input>(join(directory, inputPath))));
interface Input {
  readonly status?: { readonly conditions: Condition[] };
}

/** Every reason that the operator gives (docs/facts/lakekeeper-crd.md §3.1). */
const reasons = [
  'MinimumReplicasAvailable ScaledToZero SecretValidationFailed MigrationInProgress MigrationFailed MigrationJobCreationFailed',
  'DeploymentReconciliationFailed ServiceReconciliationFailed MinimumReplicasUnavailable NoPodsReady Healthy MigrationSucceeded',
  'Bootstrapped ServerNotReachable NotBootstrapped BootstrapFailed UnimplementedFieldsConfigured NoUnimplementedFields',
].flatMap((line) => line.split(' '));

test('every reason is in the test data, and every file of it in a test', async () => {
  const seen = objects.flatMap(({ status }) => status?.conditions.map(({ reason }) => reason) ?? []);
  expect([...new Set(seen)].sort()).toEqual(reasons.toSorted());
  const files = (await readdir(join(directory, 'testdata'))).map((file) => `testdata/${file}`);
  expect(tests.map(({ inputPath }) => inputPath).sort()).toEqual(files.sort());
});

describe('by Lua 5.1, without its library for strings, as in argocd-cm', () => {
  test.each(
    tests.map(({ inputPath, healthStatus }, index) => [inputPath, healthStatus, objects[index]] as const),
  )('%s', async (_, expected, object) => {
    const script = await readFile(healthCheck, 'utf8');
    const program = `
        string = nil; getmetatable("").__index = nil; io = nil; os = nil; math = nil; debug = nil
        local write = print
        obj = ${luaOf(object)}
        local function check() ${script}
        end
        local health = check()
        write(health.status); write(health.message)`;
    const { stdout } = await promisify(execFile)(await tool('lua5.1'), ['-e', program]);
    const [status, message] = stdout.split('\n');
    expect({ status, message }).toEqual(expected);
  });
});

describe("by Argo CD's own Lua", () => {
  let found: unknown[];
  beforeAll(async () => {
    const child = spawn(await tool('engine'), ['health', healthCheck], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdin.end(JSON.stringify(objects));
    const [answer] = await Promise.all([text(child.stdout), once(child, 'close')]);
    found = JSON.parse(answer);
  });
  test.each(tests.map(({ inputPath, healthStatus }, index) => [inputPath, healthStatus, index] as const))(
    '%s',
    (_, expected, index) => {
      expect(found[index]).toEqual(expected);
    },
  );
});

function luaOf(value: unknown): string {
  if (value === null || value === undefined) return 'nil';
  if (typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `{${value.map(luaOf).join(', ')}}`;
  return `{${Object.entries(value)
    .map(([key, item]) => `[${JSON.stringify(key)}] = ${luaOf(item)}`)
    .join(', ')}}`;
}
