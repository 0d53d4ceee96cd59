import { Command, Option } from 'commander';
import { describe, expect, test } from 'vitest';
import { program } from '../../src/commands/program.ts';
import { describe as describeProgram } from '../../src/completion/describe.ts';
import { fish } from '../../src/completion/fish.ts';
import { zsh } from '../../src/completion/zsh.ts';

const real = describeProgram(program());

test('the description has every command and every flag, with what may follow', () => {
  expect(real.commands.map(({ name }) => name)).toEqual([...program().commands.map((c) => c.name()), 'help']);
  const synth = real.commands.find(({ name }) => name === 'synth');
  const value = (flag: string) => synth?.flags.find(({ name }) => name === flag)?.value;
  expect({
    '--platform': value('--platform'),
    '--warehouses': value('--warehouses'),
    '--out': value('--out'),
    '--output': value('--output'),
    '--check': value('--check'),
    '--table': value('--table'),
    '--help': value('--help'),
  }).toEqual({
    '--platform': 'file',
    '--warehouses': 'file',
    '--out': 'directory',
    '--output': ['table', 'json'],
    '--check': 'none',
    '--table': 'any',
    '--help': 'none',
  });
});

describe('a text with quotes, brackets and colons stays a text', () => {
  const tricky = describeProgram(
    new Command('lakekeeper-gitops').addCommand(
      new Command('synth')
        .description("it's: [x] \\ $(y) `z`")
        .addOption(new Option('--out <dir>', "the org's [directory]: a\\b")),
    ),
  );

  test('zsh', () => {
    const script = zsh(tricky);
    expect(script).toContain("    'synth:it'\\''s: [x] \\ $(y) `z`'");
    expect(script).toContain("'--out[the org'\\''s \\[directory\\]\\: a\\\\b]:directory:_files -/'");
  });

  test('fish', () => {
    const script = fish(tricky);
    expect(script).toContain("--arguments synth --description 'it\\'s: [x] \\\\ $(y) `z`'");
    expect(script).toContain("--long-option out --description 'the org\\'s [directory]: a\\\\b'");
  });
});

test('zsh and fish get every command, flag and value', () => {
  for (const script of [zsh(real), fish(real)]) {
    for (const { name, flags } of real.commands) {
      expect(script).toContain(name);
      for (const flag of flags) expect(script).toContain(flag.name.replace(/^--/, ''));
    }
    expect(script).toContain('table json');
  }
});
