import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { sortFiles } from '../../src/tree/committed-files.ts';
import { withLock } from '../../src/tree/lock.ts';
import { readWorkTree } from '../../src/tree/work-tree.ts';
import { readTree, withDirectory } from '../support/tree.ts';
import { fleetOf, writeAll } from './example.ts';
import type { Kill } from './writer-process.ts';

/** Lends a process that is ready to run; it does not outlive the test. */
async function withWriter<T>(
  out: string,
  word: string,
  work: (writer: ChildProcess) => Promise<T>,
): Promise<T> {
  const writer = fork(join(import.meta.dirname, 'writer-process.ts'), [out, word], {
    execArgv: ['--import', 'tsx'],
  });
  try {
    await told(writer, 'ready');
    return await work(writer);
  } finally {
    writer.kill('SIGKILL');
  }
}

async function told(writer: ChildProcess, event: string): Promise<void> {
  const ended = once(writer, 'exit').then(() => Promise.reject(new Error(`ended before it was ${event}`)));
  const message = once(writer, 'message').then(([said]) => expect(said).toBe(event));
  await Promise.race([message, ended]);
  ended.catch(() => undefined);
}

const textOf = (word: string) => fleetOf(word, 1)[0]?.[0]?.text;

describe('two runs at the same time', () => {
  test('never show a reader a partial or missing file, and leave the tree of one of them', () =>
    withDirectory((out) =>
      withWriter(out, 'left', (left) =>
        withWriter(out, 'right', async (right) => {
          const whole = new Set([textOf('left'), textOf('right')]);
          const state = { running: 2 };
          const ends = [left, right].map(async (writer) => {
            const [code] = await once(writer, 'exit');
            state.running -= 1;
            return code;
          });
          left.send('rounds');
          right.send('rounds');
          const missing = new Set(
            fleetOf('either', 20)
              .flat()
              .map(({ path }) => join(out, path)),
          );
          const present: string[] = [];
          for (; state.running > 0; await turn()) {
            for (const path of [...missing]) {
              if (!existsSync(path)) continue;
              missing.delete(path);
              present.push(path);
            }
            for (const path of present) expect(whole.has(readFileSync(path, 'utf8')), path).toBe(true);
          }
          expect(await Promise.all(ends)).toEqual([0, 0]);
          expect(present).toHaveLength(40);
          const tree = await readTree(out);
          expect(Object.keys(tree)).toHaveLength(40);
          expect(new Set(Object.values(tree)).size).toBe(1);
        }),
      ),
    ));
});

/** A run is killed in its first round, in which all is new, and in one in which all changes. */
const rounds = [
  ['new', 0],
  ['changing', 2],
] as const;
const signals = ['SIGINT', 'SIGTERM'] as const;

/** Every directory of an org that is there has all its files, all of them whole. */
async function expectWhole(out: string): Promise<string[]> {
  const tree = await readWorkTree(out);
  const paths: string[] = [];
  for (const directory of tree.directories) paths.push(...(await sortFiles(tree, directory)).obsolete);
  expect(paths).toHaveLength(2 * tree.directories.size);
  const whole = new Set([textOf('word0'), textOf('word1')]);
  for (const path of paths) expect(whole.has(readFileSync(join(out, path), 'utf8')), path).toBe(true);
  return paths;
}

describe.concurrent('a run that is killed', () => {
  test.each(rounds)(
    'while all is %s leaves whole directories; the next run takes the lock over and clears up',
    (_, round) =>
      withDirectory((out) =>
        withWriter(out, 'word', async (writer) => {
          const exit = once(writer, 'exit');
          writer.send({ signal: 'SIGKILL', round } satisfies Kill);
          expect(await exit).toEqual([null, 'SIGKILL']);
          await expectWhole(out);
          const left = (await readdir(out)).filter((name) => name.startsWith('.lakekeeper-gitops.'));
          expect(left, 'it was killed while it was writing').toEqual([
            expect.stringMatching(/\.[0-9a-f]{12}\.tmp$/),
            '.lakekeeper-gitops.lock',
          ]);

          const next = fleetOf('next', 20);
          await withLock(out, (lent) => writeAll(lent, next), { staleAfterMs: 2000 });
          const written = next.flat().map(({ path, text }) => [path, text] as const);
          expect(await readTree(out)).toEqual(Object.fromEntries(written));
          expect(await readdir(out)).toEqual(['orgs']);
        }),
      ),
  );

  test.each(signals.flatMap((signal) => rounds.map(([what, round]) => ({ signal, what, round }))))(
    'by $signal while all is $what leaves whole directories, and nothing else',
    ({ signal, round }) =>
      withDirectory((out) =>
        withWriter(out, 'word', async (writer) => {
          const exit = once(writer, 'exit');
          writer.send({ signal, round } satisfies Kill);
          expect(await exit).toEqual([null, signal]);
          const paths = await expectWhole(out);
          expect(Object.keys(await readTree(out)).sort()).toEqual(paths.sort());
          expect(await readdir(out)).toEqual(['orgs']);
        }),
      ),
  );

  test.each(signals)('by %s releases the lock', (signal) =>
    withDirectory((out) =>
      withWriter(out, 'word', async (writer) => {
        const exit = once(writer, 'exit');
        writer.send('hold');
        await told(writer, 'holding');
        expect(await readdir(out)).toEqual(['.lakekeeper-gitops.lock']);
        writer.kill(signal);
        expect(await exit).toEqual([null, signal]);
        expect(await readdir(out)).toEqual([]);
      }),
    ),
  );
});
