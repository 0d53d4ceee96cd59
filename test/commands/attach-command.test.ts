import { expect, test } from 'vitest';
import { runCommand } from '../support/command.ts';

const attach = (...args: string[]) =>
  runCommand(['attach', '--warehouses', 'examples/fleet/warehouses.yaml', ...args]);

test('prints the SQL of a registered org, and nothing else', async () => {
  const ended = await attach('--org', 'umbrella', '--as', 'ice "berg"');
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  expect(ended.stdout).toMatch(/^ATTACH IF NOT EXISTS 'org-umbrella' AS "ice ""berg""" \($/m);
});

test.each([
  [['--org', 'acme'], /org "acme" is not registered/],
  [['--org', 'nobody'], /no org "nobody"/],
  [[], /required option '--org <id>'/],
])('exit code 2, and why: %j', async (args, message) => {
  expect(await attach(...args)).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(message),
  });
});
