import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { withLock, writeFiles } from '../../src/output/dist-tree.ts';
import { readTree, withDirectory } from '../support/tree.ts';
import { fleetOf } from './example.ts';

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

const textOf = (word: string) => fleetOf(word, 1)[0]?.text;
const isManifest = (path: string) => path.endsWith('.yaml');

describe('two runs at the same time', () => {
  test('never show a torn or missing file, and leave the tree of one of them', () =>
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
          const missing = new Set(fleetOf('either', 20).map(({ path }) => join(out, path)));
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

describe.concurrent('a run that is killed', () => {
  test('leaves whole files; the next run takes the lock over and clears up', () =>
    withDirectory((out) =>
      withWriter(out, 'killed', async (writer) => {
        const exit = once(writer, 'exit');
        writer.send('SIGKILL');
        expect(await exit).toEqual([null, 'SIGKILL']);

        const whole = new Set([textOf('killed0'), textOf('killed1')]);
        const tree = Object.entries(await readTree(out));
        const manifests = tree.filter(([path]) => isManifest(path));
        expect(manifests).toHaveLength(40);
        for (const [, text] of manifests) expect(whole.has(text)).toBe(true);
        expect(tree.length, 'it was killed while it was writing').toBeGreaterThan(manifests.length);
        expect(await readdir(out)).toContain('.lakekeeper-gitops.lock');

        const next = fleetOf('next', 20);
        await withLock(out, (lent) => writeFiles(lent, [next]), { staleAfter: 2000 });
        const after = await readTree(out);
        expect(Object.keys(after)).toEqual(next.map(({ path }) => path).sort());
        expect(next.every(({ path, text }) => after[path] === text)).toBe(true);
        expect(await readdir(out)).toEqual(['orgs']);
      }),
    ));

  test.each(['SIGINT', 'SIGTERM'] as const)('by %s leaves whole files, and nothing else', (signal) =>
    withDirectory((out) =>
      withWriter(out, 'word', async (writer) => {
        const exit = once(writer, 'exit');
        writer.send(signal);
        expect(await exit).toEqual([null, signal]);
        const whole = new Set([textOf('word0'), textOf('word1')]);
        const tree = Object.entries(await readTree(out));
        expect(tree.map(([path]) => path).filter((path) => !isManifest(path))).toEqual([]);
        for (const [, text] of tree) expect(whole.has(text)).toBe(true);
        expect(await readdir(out)).toEqual(['orgs']);
      }),
    ),
  );

  test.each(['SIGINT', 'SIGTERM'] as const)('by %s releases the lock', (signal) =>
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
