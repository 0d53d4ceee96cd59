import type { Socket } from 'node:net';

/**
 * The open connections, of which there is always room for one more: when it is one too many, the oldest ends. So clients that are slow, endless or
 * idle, however many, wait for each other, and nobody waits for them. What can be answered is answered at once, so that no answer is lost by this.
 */
export class Connections {
  private readonly open = new Set<Socket>();

  /** @param limit how many there may be; the server itself must accept one more. */
  constructor(private readonly limit: number) {}

  add(socket: Socket): void {
    this.open.add(socket);
    socket.once('close', () => this.open.delete(socket));
    const [oldest] = this.open;
    if (this.open.size <= this.limit || oldest === undefined) return;
    this.open.delete(oldest);
    oldest.destroy();
  }
}
