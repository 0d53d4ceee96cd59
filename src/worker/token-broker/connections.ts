import type { Socket } from 'node:net';

/**
 * The open connections. When there are more than the limit, the oldest is closed, so that slow or idle clients never
 * keep a new one out. No answer is lost: a complete request is answered at once.
 */
export class Connections {
  private readonly open = new Set<Socket>();

  /** @param limit of open connections; the server itself must accept one more. */
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
