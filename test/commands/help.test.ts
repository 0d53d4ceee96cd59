import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { program } from '../../src/commands/program.ts';
import { lakekeeperGitops } from '../support/program.ts';

const commands = program().commands.map((command) => [command.name(), command] as const);

/** The help as a user sees it: what is added after it belongs to it. */
function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
  return text;
}

/** The lines of the examples in a help text. */
function examplesIn(help: string): string[] {
  const [, examples = ''] = /\nExamples?:\n((?: {2}.*\n?)+)/.exec(help) ?? [];
  return examples.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
}

describe.each(commands)('%s', (name, command) => {
  const examples = examplesIn(helpOf(command));

  test('--help has an example with existing flags', () => {
    expect(examples.length).toBeGreaterThan(0);
    const flags = command.options.map(({ long }) => long);
    for (const example of examples) {
      const [, run = ''] = /(lakekeeper-gitops [^|>)]*)/.exec(example) ?? [];
      expect(run.split(' ')[1]).toBe(name);
      for (const [flag] of run.matchAll(/--[a-z-]+/g)) expect(flags).toContain(flag);
    }
  });

  test('a similar flag is suggested', async () => {
    const [longest = '--help'] = command.options
      .flatMap(({ long }) => long ?? [])
      .sort((a, b) => b.length - a.length);
    const { code, stderr } = await lakekeeperGitops([name, `${longest}x`]);
    expect(code).toBe(2);
    expect(stderr).toContain(`Did you mean ${longest}?`);
  });
});

test("the program's own help has an example, and lists the commands", async () => {
  const { code, stdout, stderr } = await lakekeeperGitops(['--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(examplesIn(stdout).length).toBeGreaterThan(1);
  for (const [name] of commands) expect(stdout).toContain(`  ${name} `);
});

test('completion prints a script, and says which shells it knows', async () => {
  expect((await lakekeeperGitops(['completion', 'bash'])).stdout).toMatch(/^complete -F /m);
  expect((await lakekeeperGitops(['completion', 'zsh'])).stdout).toMatch(/^#compdef lakekeeper-gitops\n/);
  expect((await lakekeeperGitops(['completion', 'fish'])).stdout).toMatch(/^complete --command /m);
  const { code, stderr } = await lakekeeperGitops(['completion', 'tcsh']);
  expect(code).toBe(2);
  expect(stderr).toContain('Allowed choices are bash, zsh, fish');
});

test('nothing is coloured, with NO_COLOR or without', async () => {
  const results = await Promise.all(
    [{ NO_COLOR: '1' }, { NO_COLOR: '', FORCE_COLOR: '' }].map((env) =>
      lakekeeperGitops(['synth', '--platform', 'none.yaml'], { env }),
    ),
  );
  for (const { stderr } of results) expect(stderr).not.toContain('\u001b');
});
