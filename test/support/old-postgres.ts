import { createServer } from 'node:net';
import { listen } from './listen.ts';

/** A server that lets everybody in, names its version, and answers nothing more. */
export async function startOldPostgres(
  version: string,
): Promise<AsyncDisposable & { port: number; asked: string[] }> {
  const asked: string[] = [];
  const message = (type: string, ...parts: Buffer[]) => {
    const body = Buffer.concat(parts);
    const head = Buffer.alloc(5);
    head.write(type);
    head.writeInt32BE(body.length + 4, 1);
    return Buffer.concat([head, body]);
  };
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.write(
        Buffer.concat([
          message('R', Buffer.alloc(4)),
          message('S', Buffer.from(`server_version\0${version}\0`)),
          message('Z', Buffer.from('I')),
        ]),
      );
      // X: the client goes.
      socket.on('data', (chunk) => {
        const type = String.fromCharCode(chunk[0] ?? 0);
        if (type === 'X') socket.end();
        else asked.push(type);
      });
    });
  });
  const port = await listen(server);
  return { port, asked, [Symbol.asyncDispose]: async () => void server.close() };
}
