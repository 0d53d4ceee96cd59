/**
 * A run of its own, started by `processes.test.ts`: `writer-process.ts <out> <word>`. It says what it does, and does
 * one thing a message: `rounds` (three whole runs, then ends), `killed` (one run that does not survive its third round), `hold`.
 */
import { compareFiles, type RenderedFile, withLock, writeFiles } from '../../src/output/dist-tree.ts';
import { Pace } from '../../src/output/pace.ts';
import { fleetOf } from './example.ts';

/** So that several files are under way. */
const slow = 1000;

const [, , out = '', word = ''] = process.argv;
const tell = (event: string) => process.send?.(event);

async function rounds(): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    await withLock(out, async (tree) => {
      await writeFiles(tree, [fleetOf(word, 20)]);
      const after = await compareFiles(out, [fleetOf(word, 20)]);
      if (after.count('unchanged') !== 40) throw new Error('another run wrote at the same time');
    });
  }
  process.exit(0);
}

async function killed(signal: NodeJS.Signals): Promise<void> {
  function* told(files: readonly RenderedFile[], round: number): Generator<readonly RenderedFile[]> {
    for (const [index, file] of files.entries()) {
      // Here others are under way, at every step of a write.
      if (round === 2 && index === 30) process.kill(process.pid, signal);
      yield [file];
    }
  }
  await withLock(out, async (tree) => {
    for (let round = 0; ; round += 1)
      await writeFiles(tree, told(fleetOf(`${word}${round % 2}`, 20), round), new Pace(slow));
  });
}

async function hold(): Promise<void> {
  await withLock(out, async () => {
    tell('holding');
    // Something to wait for, or the process would end.
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  });
}

process.on('message', (message) => {
  if (message === 'rounds') void rounds();
  if (message === 'SIGKILL' || message === 'SIGINT' || message === 'SIGTERM') void killed(message);
  if (message === 'hold') void hold();
});
// Not longer than the test that started it.
process.on('disconnect', () => process.exit(1));
tell('ready');
