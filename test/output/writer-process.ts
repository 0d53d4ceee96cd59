/**
 * A run of its own, started by `processes.test.ts`: `writer-process.ts <out> <word>`. It says what it does, and does
 * one thing a message: `rounds` (three whole runs, then ends), `Kill`, `hold`.
 */
import { compareFiles, type RenderedFile, withLock, writeFiles } from '../../src/output/dist-tree.ts';
import { Pace } from '../../src/output/pace.ts';
import { fleetOf } from './example.ts';

/** A run that does not survive its first round, in which all is new, or a later one, in which all changes. */
export interface Kill {
  readonly signal: NodeJS.Signals;
  readonly round: number;
}

/** So that several directories are under way. */
const slow = 1000;

const [, , out = '', word = ''] = process.argv;
const tell = (event: string) => process.send?.(event);

async function rounds(): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    await withLock(out, async (tree) => {
      await writeFiles(tree, fleetOf(word, 20));
      const after = await compareFiles(out, fleetOf(word, 20));
      if (after.count('unchanged') !== 40) throw new Error('another run wrote at the same time');
    });
  }
  process.exit(0);
}

async function killed(kill: Kill): Promise<void> {
  function* told(directories: (readonly RenderedFile[])[], round: number) {
    for (const [index, files] of directories.entries()) {
      // Here others are under way, at every step of a write.
      if (round === kill.round && index === 17) process.kill(process.pid, kill.signal);
      yield files;
    }
  }
  for (let round = 0; ; round += 1)
    await withLock(out, (tree) =>
      writeFiles(tree, told(fleetOf(`${word}${round % 2}`, 20), round), { pace: new Pace(slow) }),
    );
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
