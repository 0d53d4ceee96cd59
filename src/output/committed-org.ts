import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { orgKey } from '../catalog/names.ts';

/**
 * Whose directory it is, as its own manifests say: the annotation of the first object that has one.
 *
 * @param files the directory's files, relative to the output directory.
 * @returns the org id; undefined when no file says, for example because it was edited by hand.
 */
export async function committedOrg(out: string, files: readonly string[]): Promise<string | undefined> {
  for (const file of files) {
    for (const document of parseAllDocuments(await readFile(join(out, file), 'utf8'))) {
      const org: unknown =
        'getIn' in document ? document.getIn(['metadata', 'annotations', orgKey]) : undefined;
      if (typeof org === 'string') return org;
    }
  }
  return undefined;
}
