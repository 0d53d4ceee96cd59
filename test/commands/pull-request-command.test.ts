import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCommand } from '../support/command.ts';
import { readTree, withDirectory } from '../support/tree.ts';
import { nothing } from './nothing.ts';

test('writes the texts of a pull request, and prints only the annotations', async () => {
  await withDirectory(async (directory) => {
    const plan = join(directory, 'plan.json');
    await writeFile(plan, JSON.stringify({ ...nothing, unknownOverrides: ['gone'] }));
    const out = join(directory, 'a/b');
    const { code, stdout, stderr } = await runCommand(['pull-request', '--plan', plan, '--directory', out]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(
      '::warning title=Override without an org::the settings override org gone, which the source does not have\n',
    );
    const files = await readTree(out);
    expect(Object.keys(files)).toEqual(['body.md', 'commit-message', 'labels', 'stale-labels', 'title']);
    expect(files.title).toBe('Catalogs: no changes');
    expect(files.labels).toBe('lakekeeper-gitops\nrisk: none');
  });
});

test.each([
  ['no file', undefined, /^error: cannot read .*plan\.json: there is no such file\n$/],
  ['no JSON', '{', /^error: .*plan\.json: is not JSON: /],
  [
    'no plan',
    '{}',
    /^error: .*plan\.json is not a plan; expected the output of plan --output json of this version\n$/,
  ],
])('2 when there is %s', async (_, text, message) => {
  await withDirectory(async (directory) => {
    const plan = join(directory, 'plan.json');
    if (text !== undefined) await writeFile(plan, text);
    const { code, stderr } = await runCommand(['pull-request', '--plan', plan, '--directory', directory]);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });
});

test.each([
  [
    'its directory is a file',
    'plan.json',
    /^error: while creating .*plan\.json: a file stands where a directory/,
  ],
  [
    'a directory has the name of a file',
    '.',
    /^error: while writing .*title: a directory stands where a file/,
  ],
])('2 when %s, with what to do', async (_, out, message) => {
  await withDirectory(async (directory) => {
    const plan = join(directory, 'plan.json');
    await writeFile(plan, JSON.stringify(nothing));
    await mkdir(join(directory, 'title'));
    const { code, stderr } = await runCommand([
      'pull-request',
      ...['--plan', plan, '--directory', join(directory, out)],
    ]);
    expect(stderr).toMatch(message);
    // Of a command without --out.
    expect(stderr).not.toContain('--out');
    expect(code).toBe(2);
  });
});
