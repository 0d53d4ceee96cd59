import { sha256 } from '../text/sha256.ts';

/** First line of every file of ours; the renderer writes it. A file without it was not written by synth. */
export const header =
  '# Made by lakekeeper-gitops synth. Do not edit: change the warehouse row or platform.yaml and run synth again.';

/** Whether a file with this text is one of ours. */
export function hasHeader(text: string): boolean {
  return text.startsWith(header);
}

/**
 * The text of a file of ours: the header, a digest, and what it holds. The digest is no protection, as anybody can
 * make it; it distinguishes a file that synth wrote, with any settings, from one that was edited.
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

function digestLine(body: string): string {
  return `# Digest of what follows: sha256:${sha256(body)}`;
}
