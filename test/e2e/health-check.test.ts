import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { array, constant, dictionary, jsonValue, oneof, record, sample, string } from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type RecordedLakekeeper,
  recordedLakekeeper,
  recordedMessages,
  recordedStates,
  recordingsDirectory,
} from '../support/operator-recordings.ts';
import { healthCheck } from './support/fleet.ts';
import { readYaml } from './support/manifests.ts';
import { tool } from './support/tools.ts';

/**
 * The health check on the states that the real operator was recorded in, in the layout of Argo CD's own tests: by Lua
 * 5.1, and by the Lua that Argo CD has.
 */

const directory = dirname(healthCheck);
interface HealthTest {
  readonly healthStatus: { readonly status: string; readonly message: string };
  readonly inputPath: string;
}
const { tests } = await readYaml<{ tests: HealthTest[] }>(join(directory, 'health_test.yaml'));
const objects = await Promise.all(
  tests.map(({ inputPath }) => readYaml<RecordedLakekeeper>(join(directory, inputPath))),
);

test('every file of the test data is in a test, and what is called like a recorded state is that state', async () => {
  const files = (await readdir(join(directory, 'testdata'))).sort();
  expect(tests.map(({ inputPath }) => inputPath).sort()).toEqual(files.map((file) => `testdata/${file}`));
  const recorded = files.filter((file) => /^\d\d-/.test(file));
  expect(recorded.length).toBeGreaterThan(15);
  for (const file of recorded) {
    const state = join(recordingsDirectory, file.replace(/\.yaml$/, ''), 'lakekeeper.yaml');
    expect(await readFile(join(directory, 'testdata', file), 'utf8')).toBe(await readFile(state, 'utf8'));
  }
});

test('every condition with its reason that was ever seen is in the test data', () => {
  const pair = ({ type, status, reason }: { type: string; status: string; reason: string }) =>
    `${type}=${status} ${reason}`;
  const seen = new Set(objects.flatMap(({ status }) => status?.conditions.map(pair) ?? []));
  expect(recordedMessages().length).toBeGreaterThan(35);
  expect([...new Set(recordedMessages().map(pair))].filter((one) => !seen.has(one))).toEqual([]);
});

/** What a check may not have: argocd-cm has no library for strings, and no clock without asking for it. */
const withoutLibraries =
  'string = nil; getmetatable("").__index = nil; io = nil; os = nil; math = nil; debug = nil';

describe('by Lua 5.1, without its library for strings, as in argocd-cm', () => {
  test.each(
    tests.map(({ inputPath, healthStatus }, index) => [inputPath, healthStatus, objects[index]] as const),
  )('%s', async (_, expected, object) => {
    const script = await readFile(healthCheck, 'utf8');
    const program = `
        ${withoutLibraries}
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

interface Health {
  readonly status: string;
  readonly message: string;
}

/** @throws Error when one of them has no valid status. */
async function healthOf(candidates: readonly unknown[]): Promise<Health[]> {
  const child = spawn(await tool('engine'), ['health', healthCheck], { stdio: 'pipe' });
  child.stdin.end(JSON.stringify(candidates));
  const [answer, said, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  if (code !== 0) throw new Error(said);
  return JSON.parse(answer);
}

describe("by Argo CD's own Lua", () => {
  let found: Health[];
  beforeAll(async () => {
    found = await healthOf(objects);
  });
  test.each(tests.map(({ inputPath, healthStatus }, index) => [inputPath, healthStatus, index] as const))(
    '%s',
    (_, expected, index) => {
      expect(found[index]).toEqual(expected);
    },
  );

  test('no recorded state of the current generation holds a sync: it passes, or it is refused', async () => {
    const current = recordedStates.flatMap((state) => {
      const lakekeeper = recordedLakekeeper(state);
      const ready = lakekeeper?.status?.conditions.find(({ type }) => type === 'Ready');
      return lakekeeper && ready?.observedGeneration === lakekeeper.metadata.generation ? [lakekeeper] : [];
    });
    expect(current.length).toBeGreaterThan(20);
    const statuses = (await healthOf(current)).map(({ status }) => status);
    expect([...new Set(statuses)].sort()).toEqual(['Degraded', 'Healthy']);
  });

  test('whatever the resource says, there is a valid status', async () => {
    const known = recordedMessages();
    const anything = jsonValue({ maxDepth: 2 });
    const condition = record(
      {
        type: oneof(...known.map(({ type }) => constant(type)), anything),
        status: oneof(constant('True'), constant('False'), anything),
        reason: oneof(...known.map(({ reason }) => constant(reason)), anything),
        message: oneof(string(), anything),
        observedGeneration: oneof(constant(1), anything),
      },
      { requiredKeys: [] },
    );
    const conditions = oneof(anything, array(condition), dictionary(string(), condition));
    const resource = record(
      {
        apiVersion: constant('lakekeeper.k8s.lakekeeper.io/v1alpha1'),
        kind: constant('Lakekeeper'),
        metadata: record({ name: anything, namespace: anything, generation: anything }, { requiredKeys: [] }),
        spec: oneof(anything, record({ bootstrap: anything, database: anything, ssl: anything })),
        status: oneof(anything, record({ conditions, bootstrappedAt: anything }, { requiredKeys: [] })),
      },
      { requiredKeys: ['apiVersion', 'kind', 'metadata'] },
    );
    for (const { status } of await healthOf(sample(resource, 500)))
      expect(['Healthy', 'Progressing', 'Degraded']).toContain(status);
  });
});

function luaOf(value: unknown): string {
  if (value === null || value === undefined) return 'nil';
  if (typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `{${value.map(luaOf).join(', ')}}`;
  return `{${Object.entries(value)
    .map(([key, item]) => `[${JSON.stringify(key)}] = ${luaOf(item)}`)
    .join(', ')}}`;
}
