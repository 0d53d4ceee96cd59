import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Catalog } from '../../catalog/catalog.ts';
import type { Platform } from '../../platform/platform-settings.ts';
import { table } from '../../text/table.ts';
import { replace } from '../../text/temporary-file.ts';
import { fileNames, formats, renderPatch } from './render-patch.ts';
import type { Workload } from './workload.ts';

/**
 * Writes all formats for each org, into a directory below `out` that is named after its catalog. Files that are up to
 * date are not written, and directories of other orgs stay.
 *
 * @returns a table of the files, and whether each was written.
 */
export async function writePatches(
  out: string,
  catalogs: readonly Catalog[],
  platform: Platform,
  workload: Workload,
): Promise<string> {
  const rows: string[][] = [];
  for (const catalog of catalogs) {
    const directory = join(out, catalog.names.kubernetes);
    await mkdir(directory, { recursive: true });
    let changed = false;
    for (const format of formats) {
      const text = await renderPatch(catalog, platform, workload, format);
      const file = fileNames[format];
      if ((await readIfPresent(join(directory, file))) === text) continue;
      replace(directory, file, text);
      changed = true;
    }
    rows.push([catalog.org, changed ? 'written' : 'unchanged', directory]);
  }
  return rows.length === 0 ? 'no org needs a patch' : table(['ORG', 'RESULT', 'WHERE'], rows);
}

async function readIfPresent(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}
