import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Every file below a directory: path relative to it, to content. Empty when there is no such directory. */
export async function readTree(directory: string): Promise<Record<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = await Promise.all(
    files
      .sort()
      .map(
        async (file): Promise<[string, string]> => [
          file.slice(directory.length + 1),
          await readFile(file, 'utf8'),
        ],
      ),
  );
  return Object.fromEntries(contents);
}

/** What changes of a file when it is written: modification time and inode. */
export async function stamps(directory: string): Promise<Record<string, string>> {
  const files = Object.keys(await readTree(directory));
  const stamped = await Promise.all(
    files.map(async (file): Promise<[string, string]> => {
      const { mtimeNs, ino } = await stat(join(directory, file), { bigint: true });
      return [file, `${mtimeNs} ${ino}`];
    }),
  );
  return Object.fromEntries(stamped);
}

/** Lends a temporary directory. */
export async function withDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'lakekeeper-gitops-'));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
