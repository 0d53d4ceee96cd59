import { closeSync, constants, openSync, readSync } from 'node:fs';

// What is no regular file must neither be followed nor waited for.
const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Compares files with texts, in memory that is used again: of 30,000 files, strings and statistics cost as much as reading them. */
export class TextMatcher {
  private expected = Buffer.allocUnsafe(64 * 1024);
  private seen = Buffer.allocUnsafe(64 * 1024);

  /** Whether a file holds a text, to the byte. @throws an error of the file system, also for a link. */
  matches(path: string, text: string): boolean {
    this.makeRoom(text);
    const size = this.expected.write(text);
    const read = this.read(path, size);
    return read === size && this.seen.compare(this.expected, 0, size, 0, size) === 0;
  }

  /** Reads all bytes, or more than `size` of them. @returns how many. */
  private read(path: string, size: number): number {
    const file = openSync(path, flags);
    try {
      // Not all file systems give all of it at once. When exactly `size` came, although there was room for more, that was all.
      for (let read = 0; ; ) {
        const more = readSync(file, this.seen, read, this.seen.length - read, null);
        read += more;
        if (more === 0 || read >= size) return read;
      }
    } finally {
      closeSync(file);
    }
  }

  /** Room for a text, whatever its characters are, and for a byte more. */
  private makeRoom(text: string): void {
    const room = 3 * text.length + 1;
    if (room <= this.seen.length) return;
    this.expected = Buffer.allocUnsafe(2 * room);
    this.seen = Buffer.allocUnsafe(2 * room);
  }
}
