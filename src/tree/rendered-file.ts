import { hasHeader } from './header.ts';
import { isTreeDirectory, isYamlFile } from './tree-path.ts';

/** A file as it should be. */
export interface RenderedFile {
  /** Relative to the output directory, with forward slashes. */
  readonly path: string;
  /** The whole text, `header` on the first line. */
  readonly text: string;
}

/** A directory of the tree as it should be: `platform`, or that of one org. */
export interface DesiredDirectory {
  /** Relative to the output directory. */
  readonly directory: string;
  readonly files: readonly RenderedFile[];
}

/** @throws Error for a file or a path that must not be written: a bug in the renderer. */
export function assertWellRendered({ directory, files }: DesiredDirectory): void {
  if (!isTreeDirectory(directory))
    throw new Error(`${JSON.stringify(directory)} is no directory of the tree`);
  const paths = new Set<string>();
  for (const { path, text } of files) {
    if (!path.startsWith(`${directory}/`) || !isYamlFile(path.slice(directory.length + 1)))
      throw new Error(`${JSON.stringify(path)} must not be rendered into ${directory}`);
    if (paths.has(path)) throw new Error(`${path} was rendered twice`);
    paths.add(path);
    if (!hasHeader(text)) throw new Error(`${path} lacks the header: synth would never remove it`);
  }
}
