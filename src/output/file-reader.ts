import { closeSync, constants, openSync, readSync } from 'node:fs';

// What is no regular file must neither be followed nor waited for.
const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Reads small files, one after the other, into memory that is used again: of 30,000 files, buffers and statistics cost as much as reading them. */
export class FileReader {
  private memory = Buffer.allocUnsafe(64 * 1024);

  /**
   * What a file holds, until the next call.
   *
   * @param enough bytes after which no more are asked for, where all that was there came at once: nearly always. A file system that gives a
   *   part at a time, as some do over a network, makes the file look shorter then.
   * @throws an error of the file system, also for a link.
   */
  read(path: string, enough: number): Buffer {
    const file = openSync(path, flags);
    try {
      for (let read = 0; ; ) {
        const more = readSync(file, this.memory, read, this.memory.length - read, null);
        read += more;
        if (read === this.memory.length) this.memory = Buffer.concat([this.memory], 2 * read);
        else if (more === 0 || read >= enough) return this.memory.subarray(0, read);
      }
    } finally {
      closeSync(file);
    }
  }
}
