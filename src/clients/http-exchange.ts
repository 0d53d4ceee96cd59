import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { Socket } from 'node:net';

/** Sockets that have their listeners: a connection serves many requests. */
const seenSockets = new WeakSet<Socket>();

/**
 * Sends one request. It follows no redirect. `fetch` takes three times the processor time, which is most of what an
 * org in order takes.
 *
 * @param options `signal` also ends the answer.
 * @returns the answer, its body not read yet.
 * @throws Error without an answer.
 */
export function exchange(
  url: string,
  { headers, ...options }: RequestOptions,
  body?: string,
): Promise<IncomingMessage> {
  const open = url.startsWith('http:') ? httpRequest : httpsRequest;
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  return new Promise<IncomingMessage>((resolve, reject) => {
    const sent = open(url, { ...options, headers: { ...headers, ...length } }, resolve);
    sent.on('socket', (socket) => {
      if (seenSockets.has(socket)) return;
      seenSockets.add(socket);
      // The operating system then detects a connection whose peer is gone.
      socket.setKeepAlive(true, 15_000);
      // If a request is aborted at the end of its answer, the idle socket in the agent's pool emits the error. Without
      // a listener that ends the process. A request that uses the socket has a listener of its own.
      socket.on('error', () => {});
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** The body of an answer. @throws Error if it is not complete. */
export async function textOf(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response) text += chunk;
  return text;
}

/**
 * Runs `work` with a signal that ends with the given one, or after a time. `AbortSignal.timeout` and `AbortSignal.any`
 * would keep what they end in memory until a garbage collection of the whole heap, long after `work` is done.
 *
 * @throws what `work` throws; after the time, an error that says so.
 */
export async function withTimeout<T>(
  timeoutMs: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ends = new AbortController();
  const late = new Error(`no answer within ${timeoutMs / 1000} s`);
  const timer = setTimeout(() => ends.abort(late), timeoutMs);
  const stop = () => ends.abort(signal?.reason);
  signal?.addEventListener('abort', stop, { once: true });
  try {
    signal?.throwIfAborted();
    return await work(ends.signal);
  } catch (error) {
    throw ends.signal.reason === late ? late : error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}
