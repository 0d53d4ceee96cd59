import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ClusterObject } from './cluster.ts';
import { readYaml } from './manifests.ts';

/**
 * Reads files of a Go module.
 *
 * @param pinnedBy the module in `test/e2e/go` that says which version.
 */
export async function readModuleFiles(
  pinnedBy: string,
  module: string,
  files: readonly string[],
): Promise<ClusterObject[]> {
  const cwd = new URL(`../go/${pinnedBy}/`, import.meta.url).pathname;
  const { stdout } = await promisify(execFile)('go', ['mod', 'download', '-json', module], { cwd });
  const { Dir } = JSON.parse(stdout);
  return Promise.all(files.map((file) => readYaml<ClusterObject>(join(Dir, file))));
}
