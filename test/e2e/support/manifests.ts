import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { lakekeeperGitops } from '../../support/program.ts';
import { readTree } from '../../support/tree.ts';
import type { ClusterObject } from './cluster.ts';

/** The objects of a rendered directory, file by file. Read as Kubernetes reads YAML: version 1.1. */
export async function objectsOf(directory: string): Promise<Map<string, ClusterObject[]>> {
  const files = Object.entries(await readTree(directory));
  return new Map(
    files
      .filter(([file]) => /\.ya?ml$/.test(file))
      .map(([file, text]) => [
        file,
        parseAllDocuments(text, { version: '1.1' }).map((document) => document.toJS() as ClusterObject),
      ]),
  );
}

/** A rendered directory's objects. */
export async function allObjectsOf(directory: string): Promise<ClusterObject[]> {
  return [...(await objectsOf(directory)).values()].flat();
}

/**
 * Renders a fleet as its users do: settings and rows in, `dist/` of the same directory out.
 *
 * @param warehouses the rows, or a `postgres://` URL of them.
 * @returns what the program said, and its exit code.
 */
export async function synth(
  directory: string,
  settings: object,
  warehouses: readonly object[] | string,
  flags: readonly string[] = [],
) {
  await writeFile(join(directory, 'platform.yaml'), stringify(settings));
  if (typeof warehouses !== 'string')
    await writeFile(join(directory, 'warehouses.yaml'), stringify({ warehouses }));
  const source = typeof warehouses === 'string' ? warehouses : 'warehouses.yaml';
  return lakekeeperGitops(['synth', '--warehouses', source, ...flags], { cwd: directory });
}

/** A YAML file. */
export async function readYaml<T>(file: string | URL): Promise<T> {
  const [document] = parseAllDocuments(await readFile(file, 'utf8'));
  return document?.toJS() as T;
}
