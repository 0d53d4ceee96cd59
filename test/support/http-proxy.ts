import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Crossing, type Gate, ofAnyWarehouse } from './crossing.ts';
import { listen } from './listen.ts';

export interface HttpProxy extends AsyncDisposable {
  readonly url: string;
}

/**
 * Stands between a program and an HTTP server, and asks the gate about every request and every answer. The events of
 * a watch pass as they come.
 */
export async function startHttpProxy(
  name: Crossing['server'],
  upstream: string,
  gate: Gate,
): Promise<HttpProxy> {
  const server = createServer((message, response) => {
    pass(name, upstream, gate, message, response).catch(() => message.socket.destroy());
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function pass(
  name: Crossing['server'],
  upstream: string,
  gate: Gate,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = '', url = '', headers, socket } = message;
  const body = await bytesOf(message);
  const path = ofAnyWarehouse(url.replace(/\?.*/, '').replace(/^.*\/namespaces\//, ''));
  const what = `${method} ${path}`;
  // A token that is given out changes nothing.
  const isTokenRequest = what.endsWith('/token');
  const about = { server: name, what, isWrite: method !== 'GET' && name !== 'tokens' && !isTokenRequest };
  const there = await gate({ stage: 'request', ...about });
  if (there === 'hold') return;
  if (there !== 'pass') {
    socket.destroy();
    return;
  }
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = httpRequest(`${upstream}${url}`, { method, headers }, resolve);
    sent.on('error', reject);
    response.once('close', () => sent.destroy());
    sent.end(body);
  });
  const isWatch = /[?&]watch=true/.test(url);
  const content = isWatch ? undefined : await bytesOf(answer);
  const back = await gate({ stage: 'answer', ...about });
  if (back === 'hold') return;
  if (back === 'cut') {
    socket.destroy();
    return;
  }
  response.writeHead(answer.statusCode ?? 502, answer.headers);
  response.flushHeaders();
  if (back === 'half') {
    response.write((content ?? Buffer.alloc(0)).subarray(0, (content?.length ?? 0) / 2), () =>
      socket.destroy(),
    );
  } else if (content === undefined) answer.pipe(response);
  else response.end(content);
  // What breaks on one side, breaks on the other.
  answer.on('error', () => response.destroy());
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
