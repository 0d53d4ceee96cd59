import { spawnSync } from 'node:child_process';
import { access, cp, readdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { program } from '../src/commands/program.ts';
import { withDirectory } from './support/tree.ts';

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  ...(await readdir('docs', { recursive: true }))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
];
const texts = new Map(
  await Promise.all(
    documents.map(async (file): Promise<[string, string]> => [file, await readFile(file, 'utf8')]),
  ),
);

/** Commands that a test cannot run inside itself; CI runs them, word by word. */
const runByCi = ['npm ci', 'npm test', 'npm run demo', 'npm run build'];

interface Command {
  readonly line: string;
  readonly exitCode: number;
}

/** The lines of a document's shell blocks; a comment `# ends with N` says the exit code of the next. */
function commandsIn(text: string): Command[] {
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = '']) => {
    let exitCode = 0;
    return block.split('\n').flatMap((line) => {
      const [, expected] = /^# ends with (\d)/.exec(line) ?? [];
      if (expected !== undefined) exitCode = Number(expected);
      if (line === '' || line.startsWith('#')) return [];
      const command = { line, exitCode };
      exitCode = 0;
      return [command];
    });
  });
}

describe('every command that a document shows', () => {
  test.each(documents.filter((file) => commandsIn(texts.get(file) ?? '').length > 0))(
    '%s: does what it says, in order, in a fresh directory',
    async (file) => {
      const ci = await readFile('.ci/run', 'utf8');
      await withDirectory(async (directory) => {
        for (const name of ['examples', 'lib', 'package.json'])
          await cp(name, join(directory, name), { recursive: true });
        await symlink(join(process.cwd(), 'node_modules'), join(directory, 'node_modules'));
        for (const { line, exitCode } of commandsIn(texts.get(file) ?? '')) {
          if (runByCi.includes(line)) {
            expect(ci).toMatch(
              line === 'npm ci' ? /npm test/ : new RegExp(line.replace('npm run ', 'npm run (--silent )?')),
            );
            continue;
          }
          const { status, stderr } = spawnSync('bash', ['-c', line], { cwd: directory, encoding: 'utf8' });
          expect({ line, status, stderr }).toMatchObject({ line, status: exitCode });
        }
      });
    },
  );

  test('is, in the README, one that runs the program and one that runs the tests', () => {
    expect(commandsIn(texts.get('README.md') ?? '').map(({ line }) => line)).toEqual([
      'npm run demo',
      'npm test',
    ]);
  });

  test('is an npm script that exists, where it is one', async () => {
    const { scripts } = JSON.parse(await readFile('package.json', 'utf8'));
    const mentioned = [...texts.values()].flatMap((text) =>
      [...text.matchAll(/`npm (?:run )?([a-z0-9:-]+)/g)].map(([, script]) => script ?? ''),
    );
    const npmsOwn = ['audit', 'ci', 'install', 'pack'];
    expect(mentioned.length).toBeGreaterThan(5);
    expect(
      mentioned.filter((script) => !npmsOwn.includes(script) && !Object.hasOwn(scripts, script)),
    ).toEqual([]);
  });
});

test('every link of a document leads somewhere', async () => {
  for (const [file, text] of texts) {
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:)([^)#]+)/g))
      await access(join(dirname(file), target));
  }
});

test('every time and every size that the document on speed has was measured', async () => {
  const measured = await readFile('bench/RESULTS.md', 'utf8');
  const numbers = texts.get('docs/speed.md')?.match(/[0-9][0-9.,]* (s|MB|×)(?![a-z])/g) ?? [];
  expect(numbers.length).toBeGreaterThan(5);
  // Not 26 s for 2.26 s.
  const isMeasured = (number: string) =>
    new RegExp(`(?<![0-9.])${number.replaceAll('.', '\\.')}`).test(measured);
  expect(numbers.filter((number) => !isMeasured(number))).toEqual([]);
});

test('every flag and setting that the reference names exists', async () => {
  const help = (command: string) =>
    spawnSync(process.execPath, ['lib/cli.js', command, '--help'], { encoding: 'utf8' }).stdout;
  const names = program().commands.map((command) => command.name());
  const stdout = names.map(help).join('\n');
  const flags = [...(texts.get('docs/reference.md') ?? '').matchAll(/`(--[a-z-]+)/g)].map(
    ([, flag]) => flag ?? '',
  );
  expect(flags.length).toBeGreaterThan(8);
  for (const flag of flags) expect(stdout).toContain(flag);
  for (const flag of stdout.match(/ --[a-z-]+/g) ?? [])
    if (flag !== ' --help') expect(flags).toContain(flag.trim());
});
