import { execFile } from 'node:child_process';
import { chmod, copyFile, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

/** A module of which a few packages are built, with files of ours in the place of some of theirs. */
export interface PartialModule {
  readonly module: string;
  /** The directories of the packages that are built as they are. */
  readonly packages: readonly string[];
}

/**
 * Copies packages of a Go module and puts the files of `replacements/` into the copy. So a package can be built without
 * the thousands that it imports for what no test needs.
 *
 * @param source directory of our Go module, which pins the other one.
 * @param directory where the copy is put.
 * @returns flags of `go build`.
 */
export async function withReplacedFiles(
  source: string,
  { module, packages }: PartialModule,
  directory: string,
): Promise<string[]> {
  const { stdout } = await promisify(execFile)('go', ['mod', 'download', '-json', module], { cwd: source });
  const { Dir } = JSON.parse(stdout);
  const copy = join(directory, 'module');
  for (const path of packages) {
    await mkdir(join(copy, path), { recursive: true });
    for (const name of await readdir(join(Dir, path)))
      if (name.endsWith('.go') && !name.endsWith('_test.go')) await copyWritable(Dir, copy, join(path, name));
  }
  await copyWritable(Dir, copy, 'go.mod');
  await cp(join(source, 'replacements'), copy, { recursive: true, force: true });
  const file = join(directory, 'go.mod');
  await writeFile(file, `${await readFile(join(source, 'go.mod'), 'utf8')}\nreplace ${module} => ${copy}\n`);
  await copyFile(join(source, 'go.sum'), join(directory, 'go.sum'));
  return ['-modfile', file];
}

/** Files of the module cache are read-only. */
async function copyWritable(from: string, to: string, path: string): Promise<void> {
  const target = join(to, path);
  await mkdir(dirname(target), { recursive: true });
  await copyFile(join(from, path), target);
  await chmod(target, 0o644);
}
