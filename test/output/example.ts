import { header, type RenderedFile, withLock, writeFile } from '../../src/output/dist-tree.ts';

/** A rendered file whose text is as good as any. */
export function example(path = 'orgs/acme/catalog.yaml', body = 'kind: Lakekeeper'): RenderedFile {
  return { path, text: `${header}\n${body}\n` };
}

/** Writes one file under a lock of its own. */
export function write(out: string, file: RenderedFile) {
  return withLock(out, (tree) => writeFile(tree, file));
}

/** A fleet of directories, of big files by default, that all say the same word, so that a torn or foreign one stands out. */
export function fleetOf(word: string, orgs: number, lines = 20_000): (readonly RenderedFile[])[] {
  const body = `${word}\n`.repeat(lines);
  return Array.from({ length: orgs }, (_, org) => [
    example(`orgs/org-${org}/catalog.yaml`, body),
    example(`orgs/org-${org}/policy.yaml`, body),
  ]);
}
