import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { program } from '../../src/commands/program.ts';
import { bash } from '../../src/completion/bash.ts';
import { describe as describeProgram } from '../../src/completion/describe.ts';
import { withDirectory } from '../support/tree.ts';

const script = bash(describeProgram(program()));

/** What bash offers for the last of these words, as readline would ask for it. */
function completions(words: readonly string[], cwd?: string): string[] {
  const asked = `
set -u
source /dev/stdin <<'SCRIPT'
${script}SCRIPT
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
_lakekeeper_gitops
if ((\${#COMPREPLY[@]})); then printf '%s\\n' "\${COMPREPLY[@]}"; fi`;
  const { stdout, stderr, status } = spawnSync('bash', ['--norc', '-c', asked, 'bash', ...words], {
    encoding: 'utf8',
    cwd,
  });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout.split('\n').filter((line) => line !== '');
}

describe('bash offers', () => {
  test('the commands, and what begins with what was typed', () => {
    expect(completions(['lakekeeper-gitops', ''])).toEqual(
      expect.arrayContaining(['synth', 'register', 'grants', 'completion', 'help', '--version', '--help']),
    );
    expect(completions(['lakekeeper-gitops', 'sy'])).toEqual(['synth']);
    expect(completions(['lakekeeper-gitops', 'help', 'gr'])).toEqual(['grants']);
  });

  test("a command's flags", () => {
    expect(completions(['lakekeeper-gitops', 'synth', '--ch'])).toEqual(['--check']);
    expect(completions(['lakekeeper-gitops', 'synth', '--check', '--allow'])).toEqual(['--allow-removal']);
    expect(completions(['lakekeeper-gitops', 'grants', '--allow'])).toEqual([]);
  });

  test("a flag's values, however they are attached", () => {
    expect(completions(['lakekeeper-gitops', 'synth', '--output', ''])).toEqual(['table', 'json']);
    expect(completions(['lakekeeper-gitops', 'synth', '--output', '=', 'j'])).toEqual(['json']);
    expect(completions(['lakekeeper-gitops', 'synth', '--output', '='])).toEqual(['table', 'json']);
    expect(completions(['lakekeeper-gitops', 'completion', 'f'])).toEqual(['fish']);
    expect(completions(['lakekeeper-gitops', 'synth', '--schema', ''])).toEqual([]);
  });

  test('files where a file is wanted, directories where a directory is, whatever their names', async () => {
    await withDirectory(async (directory) => {
      await writeFile(join(directory, 'platform.yaml'), '');
      await writeFile(join(directory, 'plan $(touch injected) b.yaml'), '');
      await mkdir(join(directory, 'places'));
      expect(completions(['lakekeeper-gitops', 'synth', '--platform', 'pl'], directory).sort()).toEqual([
        'places',
        'plan $(touch injected) b.yaml',
        'platform.yaml',
      ]);
      expect(completions(['lakekeeper-gitops', 'synth', '--out', ''], directory)).toEqual(['places']);
    });
  });

  test('nothing for a command that it does not know, and runs nothing that was typed', async () => {
    await withDirectory(async (directory) => {
      expect(completions(['lakekeeper-gitops', '$(touch injected)', 'x'], directory)).toEqual([]);
      expect(completions(['lakekeeper-gitops', 'synth', '$(touch injected)'], directory)).toEqual([]);
      expect(spawnSync('ls', { cwd: directory, encoding: 'utf8' }).stdout).toBe('');
    });
  });
});

test('the script is one that bash 3.2 can read: no mapfile, no associative arrays', () => {
  expect(script).not.toMatch(/\b(mapfile|readarray|declare -A)\b/);
});
