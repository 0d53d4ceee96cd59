/**
 * A run of its own, started by `processes.test.ts`: `writer-process.ts <out> <word>`. It says what it does, and does
 * one thing a message: `rounds` (three whole runs, then ends), `Kill`, `hold`.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { apply } from '../../src/tree/apply.ts';
import type { DirectoryChange } from '../../src/tree/diff.ts';
import { withLock } from '../../src/tree/lock.ts';
import { readWorkTree } from '../../src/tree/work-tree.ts';
import { compare, diffOf, fleetOf, writeAll } from './example.ts';

/** A run that does not survive its first round, in which all is new, or a later one, in which all changes. */
export interface Kill {
  readonly signal: NodeJS.Signals;
  readonly round: number;
}

const [, , out = '', word = ''] = process.argv;
const tell = (event: string) => process.send?.(event);

async function rounds(): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    await withLock(out, async (tree) => {
      await writeAll(tree, fleetOf(word, 20));
      const after = await compare(out, fleetOf(word, 20));
      if (after.some((change) => !change.startsWith('unchanged ')))
        throw new Error('another run wrote at the same time');
    });
  }
  process.exit(0);
}

async function killed(kill: Kill): Promise<void> {
  async function* watched(changes: AsyncIterable<DirectoryChange>, round: number) {
    let seen = 0;
    for await (const change of changes) {
      if (round === kill.round && seen === 17) {
        process.kill(process.pid, kill.signal);
        // A handler of the signal runs when the event loop turns.
        await turn();
      }
      seen += 1;
      yield change;
    }
  }
  for (let round = 0; ; round += 1)
    await withLock(out, async (tree) => {
      const changes = diffOf(await readWorkTree(out), fleetOf(`${word}${round % 2}`, 20));
      await apply(tree, watched(changes, round));
    });
}

async function hold(): Promise<void> {
  await withLock(out, async () => {
    tell('holding');
    // Something to wait for, or the process would end.
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  });
}

process.on('message', (message: 'rounds' | 'hold' | Kill) => {
  if (message === 'rounds') void rounds();
  else if (message === 'hold') void hold();
  else void killed(message);
});
// Not longer than the test that started it.
process.on('disconnect', () => process.exit(1));
tell('ready');
