import { Command } from 'commander';
import { expect, test } from 'vitest';
import { planCommand } from '../../src/commands/plan-command.ts';
import { registerCommand } from '../../src/commands/register-command.ts';
import { withRepeatedOptions } from '../../src/commands/repeated-options.ts';
import { retireCommand } from '../../src/commands/retire-command.ts';
import { statusCommand } from '../../src/commands/status-command.ts';
import { synthCommand } from '../../src/commands/synth-command.ts';
import type { FleetStatus } from '../../src/status/fleet-status.ts';

/** The commands of findings, as `status` shows them when it was called with some options. */
async function shown(commands: readonly string[], ...options: readonly string[]): Promise<string[]> {
  let status: Command | undefined;
  const program = new Command().addCommand(
    statusCommand().action((_flags, command) => {
      status = command;
    }),
  );
  await program.parseAsync(['status', ...options], { from: 'user' });
  const findings = commands.map((command) => ({ verdict: 'drifted', subject: 'row', what: '', command }));
  const fleet = { orgs: [{ org: 'acme', name: 'a', verdict: 'drifted', findings }], skipped: 0 };
  const { orgs } = withRepeatedOptions(fleet as unknown as FleetStatus, status as Command);
  return orgs.flatMap((org) => org.findings.map(({ command = '' }) => command));
}

const all = [
  'lakekeeper-gitops synth',
  'lakekeeper-gitops plan',
  'lakekeeper-gitops register --org acme',
  'lakekeeper-gitops retire --org acme',
  'kubectl -n lakekeeper describe lakekeeper acme',
  "psql -c '\\l+'",
];

test('a command is as it is, when status was called without options', async () => {
  expect(await shown(all)).toEqual(all);
});

test('each command has the options of the call that it knows', async () => {
  const options = ['--warehouses', 'w.yaml', '--out', 'a dir', '--context', 'production', '--org', 'acme'];
  expect(await shown(all, ...options, '--server-url', 'http://127.0.0.1:8181')).toEqual([
    "lakekeeper-gitops synth --out 'a dir' --warehouses w.yaml",
    "lakekeeper-gitops plan --out 'a dir' --warehouses w.yaml",
    'lakekeeper-gitops register --org acme --server-url http://127.0.0.1:8181 --context production ' +
      '--warehouses w.yaml',
    "lakekeeper-gitops retire --org acme --out 'a dir' --context production --warehouses w.yaml",
    'kubectl -n lakekeeper describe lakekeeper acme --context production',
    "psql -c '\\l+'",
  ]);
});

test('the commands have these options', async () => {
  const values = ['warehouses', 'schema', 'table', 'records', 'platform', 'ducklings', 'out', 'context'];
  const others = ['kubeconfig', 'server-url', 'token-file'];
  const lines = await shown(all.slice(0, 4), ...[...values, ...others].flatMap((name) => [`--${name}`, 'a']));
  const known = [synthCommand(), planCommand(), registerCommand(), retireCommand()];
  for (const [i, command] of known.entries())
    for (const [, name] of lines[i]?.matchAll(/--([a-z-]+) a( |$)/g) ?? [])
      expect(
        command.options.map((option) => option.name()),
        command.name(),
      ).toContain(name);
});

test.each([
  'postgres://reader:secret@host/db',
  'postgres://host/db?password=secret',
  'host=h password=secret',
])('a URL is not repeated, as it may hold a password: %s', async (url) => {
  expect(await shown(['lakekeeper-gitops synth'], '--warehouses', url, '--records', url)).toEqual([
    'lakekeeper-gitops synth --warehouses URL --records URL',
  ]);
});
