import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { freeSpace, neededSpace, shortage } from '../../bench/space.ts';

describe('what is needed', () => {
  test('is for all that is written, in every round and in the one that warms up', () => {
    const needed = neededSpace([{ fleets: 2 }, { fleets: 11.5 }, { fleets: 0 }], { orgs: 1000, rounds: 3 });
    // A directory and three files per org.
    expect(needed.inodes).toBe(13.5 * 1000 * 4 * 4);
    expect(needed.bytes / (13.5 * 1000 * 4)).toBeGreaterThan(24_657);
  });
});

describe('a shortage', () => {
  const needed = { bytes: 5e9, inodes: 2e6 };

  test('is none when all fits, to the last', () => {
    expect(shortage('/tmp', needed, needed)).toBeUndefined();
    expect(shortage('/tmp', needed, { bytes: 5e9, inodes: Number.POSITIVE_INFINITY })).toBeUndefined();
  });

  test.each([
    ['bytes', { ...needed, bytes: 4e9 }],
    ['inodes', { ...needed, inodes: 1e6 }],
  ])('of %s is told with the ways out', (_, free) => {
    const message = shortage('/tmp', needed, free);
    expect(message).toContain('5.0 GB in 2.0 million files');
    expect(message).toContain(`/tmp has ${free.bytes / 1e9}.0 GB in ${free.inodes / 1e6}.0 million files`);
    for (const flag of ['--dir', '--orgs', '--rounds']) expect(message).toContain(flag);
  });
});

test('what is free is what the file system says', async () => {
  const free = await freeSpace('.');
  expect(free.bytes).toBeGreaterThan(0);
  expect(free.inodes).toBeGreaterThan(0);
  await expect(freeSpace('no/such/directory')).rejects.toThrow('no/such/directory');
});

test('a bench that does not fit is refused before anything is measured', () => {
  const args = ['--import', 'tsx', 'bench/bench.ts', '--orgs', '1000000000000', 'cold-json'];
  const { status, stderr, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(/^the bench would write about .* fewer --orgs or fewer --rounds\n$/);
});
