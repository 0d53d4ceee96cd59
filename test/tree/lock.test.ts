import { EventEmitter, once } from 'node:events';
import { mkdir, writeFile as put, readdir, rmdir, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { ExitCode, exitCodeOf } from '../../src/text/errors.ts';
import { type LockedTree, withLock } from '../../src/tree/lock.ts';
import { readTree, withDirectory } from '../support/tree.ts';
import { example, fleetOf, write, writeAll } from './example.ts';

const lockOf = (out: string) => join(out, '.lakekeeper-gitops.lock');
const longAgo = new Date('2020-01-01');

describe('withLock', () => {
  test('creates the output directory, returns what the work returns, and leaves nothing behind', () =>
    withDirectory(async (directory) => {
      const out = join(directory, 'a', 'dist');
      const result = await withLock(out, async (tree) => {
        expect(tree.out).toBe(out);
        expect(await readdir(lockOf(out))).toEqual([]);
        return 42;
      });
      expect(result).toBe(42);
      expect(await readdir(out)).toEqual([]);
    }));

  test('is released when the work fails', () =>
    withDirectory(async (out) => {
      const failing = withLock(out, async () => {
        throw new Error('no');
      });
      await expect(failing).rejects.toThrow('no');
      expect(await readdir(out)).toEqual([]);
    }));

  test('removes the directories that it created when the work fails before it writes', () =>
    withDirectory(async (directory) => {
      await mkdir(join(directory, 'a'));
      const failing = (out: string, work: () => Promise<void>) =>
        expect(
          withLock(join(directory, out), async () => {
            await work();
            throw new Error('no');
          }),
        ).rejects.toThrow('no');
      await failing('a/b/dist', async () => {});
      expect(await readdir(join(directory, 'a'))).toEqual([]);
      await failing('a', async () => {});
      expect(await readdir(directory)).toEqual(['a']);
      await failing('a/b/dist', () => put(join(directory, 'a/b/mine'), ''));
      expect(await readdir(join(directory, 'a/b'))).toEqual(['mine']);
      await failing('a/dist', () => put(join(directory, 'a/dist/mine'), ''));
      expect(await readdir(join(directory, 'a/dist'))).toEqual(['mine']);
    }));

  test('a waiting run creates the directory again when the run that had created it failed', () =>
    withDirectory(async (directory) => {
      const out = join(directory, 'dist');
      const emitter = new EventEmitter();
      const waiting = once(emitter, 'waiting');
      const held = once(emitter, 'held');
      const first = withLock(out, async () => {
        emitter.emit('held');
        await waiting;
        throw new Error('no');
      });
      const failed = expect(first).rejects.toThrow('no');
      await held;
      const second = withLock(out, async () => readdir(directory), {
        onWait: () => emitter.emit('waiting'),
      });
      await failed;
      expect(await second).toEqual(['dist']);
    }));

  test('a second run waits until the first is done', () =>
    withDirectory(async (out) => {
      const events: string[] = [];
      const emitter = new EventEmitter();
      const waiting = once(emitter, 'waiting');
      const held = once(emitter, 'held');
      const first = withLock(out, async () => {
        emitter.emit('held');
        expect(await waiting).toEqual([lockOf(out)]);
        await turn();
        events.push('first done');
      });
      await held;
      const second = withLock(out, async () => void events.push('second begins'), {
        onWait: (lock) => emitter.emit('waiting', lock),
      });
      await Promise.all([first, second]);
      expect(events).toEqual(['first done', 'second begins']);
    }));

  test('a second run stops waiting after the time limit, and the error names the lock and what to do', () =>
    withDirectory(async (out) => {
      await withLock(out, async () => {
        const second = withLock(out, async () => 'never', { waitAtMostMs: 0 });
        const error = await second.catch((e: unknown) => e);
        expect(error).toHaveProperty('message', expect.stringContaining(`another run holds ${lockOf(out)}`));
        expect(error).toHaveProperty('message', expect.stringContaining(`rmdir '${lockOf(out)}'`));
        expect(exitCodeOf(error)).toBe(ExitCode.transient);
      });
    }));

  test('the lock of a killed process is taken over, that of a live one is not', () =>
    withDirectory(async (out) => {
      await mkdir(lockOf(out));
      await expect(withLock(out, async () => {}, { waitAtMostMs: 0 })).rejects.toThrow('another run');
      await utimes(lockOf(out), longAgo, longAgo);
      expect(await withLock(out, async () => 'taken over', { waitAtMostMs: 0 })).toBe('taken over');
      expect(await readdir(out)).toEqual([]);
    }));

  test('something else at the path of the lock is an error at once, without waiting', () =>
    withDirectory(async (directory) => {
      const out = join(directory, 'dist');
      await mkdir(lockOf(out), { recursive: true });
      await put(join(lockOf(out), 'mine'), '');
      await utimes(lockOf(out), longAgo, longAgo);
      await expect(withLock(out, async () => {})).rejects.toThrow(`while locking ${lockOf(out)}`);
      await put(join(directory, 'file'), '');
      await expect(withLock(join(directory, 'file'), async () => {})).rejects.toThrow(
        `while creating ${join(directory, 'file')}`,
      );
    }));

  test('work that was not awaited can neither write nor remove after the release', () =>
    withDirectory(async (out) => {
      await write(out, example());
      const before = await readTree(out);
      const tree = await withLock(out, async (lent) => lent);
      const late = 'after its lock was released';
      await expect(writeAll(tree, [[example('orgs/acme/new.yaml')]])).rejects.toThrow(late);
      await expect(writeAll(tree, [], ['acme'])).rejects.toThrow(late);
      expect(await readTree(out)).toEqual(before);
    }));
});

describe.concurrent('a lost lock', () => {
  /** Works until the loss is noticed; a timer of proper-lockfile looks every second with this staleness. */
  const loseIt = async (
    out: string,
    lose: () => Promise<void>,
    work: (tree: LockedTree) => Promise<unknown>,
  ) =>
    withLock(
      out,
      async (tree) => {
        await lose();
        await work(tree);
      },
      { staleAfterMs: 2000 },
    );
  /** Of the second round on there is nothing to write: nothing but the comparison itself lets the timer run. */
  const writing = async (tree: LockedTree) => {
    for (;;) await writeAll(tree, fleetOf('word', 5, 1));
  };

  test('ends the run with an error, and the lock of the run that took over stays', () =>
    withDirectory(async (out) => {
      const takenOver = () => utimes(lockOf(out), longAgo, longAgo);
      const error = await loseIt(out, takenOver, writing).catch((e: unknown) => e);
      expect(error).toHaveProperty(
        'message',
        expect.stringContaining(`${lockOf(out)} was taken over or removed`),
      );
      expect(exitCodeOf(error)).toBe(ExitCode.transient);
      expect((await stat(lockOf(out))).mtime).toEqual(longAgo);
    }));

  test('is detected also when it was removed, and when the work ends without writing', () =>
    withDirectory(async (out) => {
      const noticed = async ({ assertHeld }: LockedTree) => {
        try {
          for (;;) {
            assertHeld();
            await turn();
          }
        } catch {
          // As if the work had not looked.
        }
      };
      await expect(loseIt(out, () => rmdir(lockOf(out)), noticed)).rejects.toThrow(
        'was taken over or removed',
      );
      expect(await readdir(out)).toEqual([]);
    }));
});
