import { sha256 } from '../catalog/digest.ts';
import { header } from './header.ts';

/**
 * The text of a file of ours: the header, a digest, and what it holds. The digest is no protection, as anybody can make it; it tells
 * a file that synth wrote, with whatever settings, from one that was edited since.
 */
export function sealed(body: string): string {
  return `${header}\n${digestLine(body)}\n${body}`;
}

/** Whether a file is as some run of synth wrote it, to the byte. */
export function isAsWritten(text: string): boolean {
  const [first, second] = [text.indexOf('\n'), text.indexOf('\n', text.indexOf('\n') + 1)];
  return text.slice(first + 1, second) === digestLine(text.slice(second + 1));
}

function digestLine(body: string): string {
  return `# Digest of what follows: sha256:${sha256(body)}`;
}
