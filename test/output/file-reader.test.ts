import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FileReader } from '../../src/output/file-reader.ts';

test('reads files of any size, one after the other, and follows no link', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'file-reader-'));
  try {
    const reader = new FileReader();
    for (const size of [0, 10, 64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, 500_000, 3]) {
      const content = Buffer.alloc(size, `${size} `);
      await writeFile(join(directory, 'file'), content);
      expect(Buffer.compare(reader.read(join(directory, 'file'), 1), content), `${size} bytes`).toBe(0);
    }
    await symlink(join(directory, 'file'), join(directory, 'link'));
    expect(() => reader.read(join(directory, 'link'), 1)).toThrow(/ELOOP/);
  } finally {
    await rm(directory, { recursive: true });
  }
});
