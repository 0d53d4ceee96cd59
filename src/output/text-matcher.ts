import { FileReader } from './file-reader.ts';

/** Compares files with texts, in memory that is used again. */
export class TextMatcher {
  private readonly reader = new FileReader();
  private expected = Buffer.allocUnsafe(64 * 1024);

  /** Whether a file holds a text, to the byte. @throws an error of the file system, also for a link. */
  matches(path: string, text: string): boolean {
    // Room for the text, whatever its characters are.
    if (3 * text.length > this.expected.length) this.expected = Buffer.allocUnsafe(6 * text.length);
    const size = this.expected.write(text);
    return this.expected.subarray(0, size).equals(this.reader.read(path, size));
  }
}
