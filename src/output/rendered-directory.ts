import { isYamlFile, parseDistPath } from './dist-path.ts';
import { header } from './header.ts';
import type { RenderedFile } from './rendered-file.ts';

/**
 * The directory of the files that were rendered for one, relative to the output directory.
 * @throws Error when one of them may not be written, or not there: a bug in the renderer.
 */
export function directoryOf(files: readonly RenderedFile[]): string {
  const [first] = files;
  if (first === undefined) throw new Error('a directory was rendered without files');
  const { directory } = parseDistPath(first.path);
  for (const { path, text } of files) {
    if (!isIn(directory, path)) throw misplaced(path, directory);
    if (!text.startsWith(firstLine))
      throw new Error(
        `${path} lacks the header: it would be taken for somebody else's file and never removed`,
      );
  }
  return directory;
}

const firstLine = `${header}\n`;

function isIn(directory: string, path: string): boolean {
  return path.startsWith(`${directory}/`) && isYamlFile(path.slice(directory.length + 1));
}

function misplaced(path: string, directory: string): Error {
  // Says so when it is no path at all.
  parseDistPath(path);
  return new Error(`${path} was rendered among the files of ${directory}`);
}
