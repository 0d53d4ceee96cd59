import { hash } from 'node:crypto';
import { sha256 } from '../text/sha256.ts';
import { FileReader } from './file-reader.ts';
import { codeOf } from './file-system-error.ts';
import { header } from './header.ts';

const label = '# Digest of what follows: sha256:';
const beforeDigest = `${header}\n${label}`;
const digestLength = 64;
const bodyStart = beforeDigest.length + digestLength + 1;

/**
 * The text of a file of ours: the header, a digest, and what it holds. The digest is no protection, as anybody can make it; it tells
 * a file that synth wrote, with whatever settings, from one that was edited since.
 */
export function sealed(body: string): string {
  return `${header}\n${digestLine(body)}\n${body}`;
}

/** Whether a file is as some run of synth wrote it, to the byte. */
export function isAsWritten(text: string): boolean {
  // Not the header, which may be that of another version.
  const [first, second] = [text.indexOf('\n'), text.indexOf('\n', text.indexOf('\n') + 1)];
  return text.slice(first + 1, second) === digestLine(text.slice(second + 1));
}

/** The digest in the text of a file that was sealed. */
export function sealOf(text: string): string {
  return text.slice(beforeDigest.length, beforeDigest.length + digestLength);
}

/** The digests of the files of a directory; undefined when one of them is not as it was written. */
export type DirectorySeals = readonly string[] | undefined;

/** Reads the digests of files, in memory that is used again. */
export class SealReader {
  private readonly reader = new FileReader();

  /** The digest in a file that is as some run of synth wrote it, to the byte; undefined for any other, and for what is no file. */
  read(path: string): string | undefined {
    const content = this.contentOf(path);
    if (content === undefined || content.length < bodyStart) return undefined;
    const digest = content.toString('latin1', beforeDigest.length, bodyStart - 1);
    const isSealed =
      content.toString('latin1', 0, beforeDigest.length) === beforeDigest &&
      content[bodyStart - 1] === newline &&
      hash('sha256', content.subarray(bodyStart)) === digest;
    return isSealed ? digest : undefined;
  }

  /** The digests of files, in their order. */
  readAll(directory: string, files: readonly string[]): DirectorySeals {
    const seals: string[] = [];
    for (const file of files) {
      const seal = this.read(`${directory}/${file}`);
      if (seal === undefined) return undefined;
      seals.push(seal);
    }
    return seals;
  }

  private contentOf(path: string): Buffer | undefined {
    try {
      return this.reader.read(path, bodyStart);
    } catch (error) {
      // Whoever compares it with what is rendered says what is wrong with it.
      if (codeOf(error) !== undefined) return undefined;
      throw error;
    }
  }
}

const newline = 0x0a;

function digestLine(body: string): string {
  return `${label}${sha256(body)}`;
}
