import type { Socket } from 'node:net';

/**
 * The open connections, of which there is always room for one more: who takes the last place makes the oldest give up its own. So clients that
 * are slow, endless or idle, however many, wait for each other, and nobody waits for them. What can be answered is answered at once, so that no
 * answer is lost by this.
 */
export class Connections {
  private readonly open = new Set<Socket>();

  /** @param limit how many there may be, the new one included. */
  constructor(private readonly limit: number) {}

  add(socket: Socket): void {
    this.open.add(socket);
    socket.once('close', () => this.open.delete(socket));
    const [oldest] = this.open;
    if (this.open.size < this.limit || oldest === undefined) return;
    this.open.delete(oldest);
    oldest.destroy();
  }
}
