import { describe, expect, test } from 'vitest';
import { runCommand } from '../support/command.ts';
import { readTree, stamps, withDirectory } from '../support/tree.ts';

const workerPatch = (...args: string[]) =>
  runCommand([
    'worker-patch',
    '--warehouses',
    'examples/fleet/warehouses.yaml',
    '--platform',
    'examples/fleet/platform.yaml',
    ...args,
  ]);

test('--all writes every form for each org that needs one, and a second run touches nothing', async () => {
  await withDirectory(async (directory) => {
    const first = await workerPatch('--all', '--out', directory);
    expect(first.code).toBe(3);
    expect(first.stdout).toMatch(/^umbrella +written +.*lakekeeper-umbrella-corp$/m);
    expect(first.stderr).toMatch(/^orgs whose workers need no patch, because authentication is off: 5$/m);
    expect(first.stderr).toMatch(/^warning: 1 of the records was rejected/m);
    expect(Object.keys(await readTree(directory))).toEqual([
      'lakekeeper-umbrella-corp/json-patch.json',
      'lakekeeper-umbrella-corp/kustomization.yaml',
      'lakekeeper-umbrella-corp/strategic-merge-patch.yaml',
    ]);
    const before = await stamps(directory);
    expect((await workerPatch('--all', '--out', directory)).stdout).toMatch(/^umbrella +unchanged/m);
    expect(await stamps(directory)).toEqual(before);
  });
});

test('the printed and the written patch are the same', async () => {
  await withDirectory(async (directory) => {
    await workerPatch('--org', 'umbrella', '--out', directory);
    const printed = await workerPatch('--org', 'umbrella', '--format', 'component');
    expect(printed).toMatchObject({ code: 0, stderr: '' });
    expect((await readTree(directory))['lakekeeper-umbrella-corp/kustomization.yaml']).toBe(printed.stdout);
  });
});

describe('exit code 2, in one message', () => {
  test.each([
    [[], /give exactly one of --org <id> and --all/],
    [['--org', 'umbrella', '--all'], /give exactly one of/],
    [['--all'], /give --out/],
    [['--org', 'umbrela'], /no org "umbrela"; did you mean "umbrella"\?/],
    [['--org', 'acme'], /the workers of org "acme" need no patch: authentication is off/],
    [['--org', 'vandelay'], /org "vandelay" has no catalog: Iceberg is not enabled/],
    [['--org', 'wonka'], /org "wonka" has no catalog: warehouses\[7\]/],
    [['--org', 'umbrella', '--workload', 'package.json'], /package\.json: is not one of: Deployment/],
    [
      ['--org', 'umbrella', '--workload', 'examples/fleet/worker.yaml', '--container', 'x'],
      /it has: metrics, worker/,
    ],
  ])('%j', async (args, message) => {
    expect(await workerPatch(...args)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(message),
    });
  });
});
