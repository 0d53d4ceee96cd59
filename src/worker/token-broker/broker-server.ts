import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Answer, invalidRequest, type Outcome } from './answer.ts';
import type { TokenBroker } from './broker.ts';
import { Connections } from './connections.ts';

/** What a client may take up; sizes in bytes, times in milliseconds. */
export interface Limits {
  readonly header: number;
  readonly body: number;
  /** From a request's first byte, or the connection's beginning, to the last of its body. */
  readonly request: number;
  /** Between two requests of a connection. */
  readonly idle: number;
  readonly connections: number;
}

export const defaultLimits: Limits = {
  header: 8 * 1024,
  body: 8 * 1024,
  request: 5_000,
  idle: 30_000,
  connections: 64,
};

/** The broker's server, not listening yet. */
export function tokenBrokerServer(broker: TokenBroker, limits: Limits = defaultLimits): Server {
  const server = createServer({
    maxHeaderSize: limits.header,
    headersTimeout: limits.request,
    requestTimeout: limits.request,
    keepAliveTimeout: limits.idle,
    // How often the two former are looked at; every 30 s by default.
    connectionsCheckingInterval: Math.ceil(limits.request / 10),
    // Whatever NODE_OPTIONS say.
    insecureHTTPParser: false,
    // The broker refuses such a request itself, and counts it.
    requireHostHeader: false,
  });
  // Node leaves out what is beyond a thousand headers, without a word; `measured` sees them all.
  server.maxHeadersCount = 0;
  // `Connections` makes room for the last one.
  server.maxConnections = limits.connections + 1;
  // Of a client that does not read its answer.
  server.timeout = limits.request;
  const connections = new Connections(limits.connections);
  server.on('connection', (socket) => connections.add(socket));
  server.on('request', (request, response) => serve(request, response, server, broker, limits));
  server.on('clientError', (error, socket) => refuseClient(error, socket, broker));
  return server;
}

function serve(
  request: IncomingMessage,
  response: ServerResponse,
  server: Server,
  broker: TokenBroker,
  limits: Limits,
): void {
  const send = (answer: Answer, isReadToItsEnd: boolean) => {
    broker.count(answer.outcome);
    // Of a body that nobody wants nothing more is read; and who is closing down keeps no connection.
    if (!isReadToItsEnd || !server.listening) response.setHeader('Connection', 'close');
    response.writeHead(answer.status, answer.headers);
    response.end(answer.body);
  };
  const answer = broker.guarded(() => answerToHead(request, broker, limits));
  if (answer !== undefined) send(answer, !hasBody(request));
  else
    readBody(request, limits.body, (body) =>
      body === undefined
        ? send(bodyTooLarge, false)
        : send(
            broker.guarded(() => broker.grant(request.headers['content-type'], body)),
            true,
          ),
    );
}

/** The answer to a request that needs no look at its body; undefined when the body decides. */
function answerToHead(request: IncomingMessage, broker: TokenBroker, limits: Limits): Answer | undefined {
  const { method = '', url: target = '', headers } = request;
  const { size, hosts } = measured(request);
  if (size > limits.header) return headerTooLarge;
  const answer = broker.answer({ method, target, hosts });
  return answer ?? (Number(headers['content-length'] ?? 0) > limits.body ? bodyTooLarge : undefined);
}

const headerTooLarge = invalidRequest('the header is too large', 'too_large', 431);
const bodyTooLarge = invalidRequest('the body is too large', 'too_large', 413);

/** Bytes of a header as it was sent, and every Host in it. Node's own limit counts no separators, so that many small headers would pass it. */
function measured({ method = '', url = '', rawHeaders }: IncomingMessage): { size: number; hosts: string[] } {
  const hosts: string[] = [];
  let size = method.length + url.length + '  HTTP/1.1\r\n'.length;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const [name = '', value = ''] = [rawHeaders[i], rawHeaders[i + 1]];
    size += name.length + value.length + ': \r\n'.length;
    if (name.toLowerCase() === 'host') hosts.push(value);
  }
  return { size, hosts };
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** @param done is called once, with the whole body, or undefined when it is larger than the limit; never when the client goes away. */
function readBody(request: IncomingMessage, limit: number, done: (body: Buffer | undefined) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    const wasWithin = size <= limit;
    size += chunk.length;
    if (size <= limit) chunks.push(chunk);
    else if (wasWithin) done(undefined);
  });
  request.on('end', () => {
    if (size <= limit) done(Buffer.concat(chunks));
  });
}

/** Answers what is not HTTP, or not in time, and ends the connection: where its next request would begin is not known. */
function refuseClient(error: NodeJS.ErrnoException, socket: Duplex, broker: TokenBroker): void {
  // The client is gone, or has its answer already.
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, outcome] = refusals[error.code ?? ''] ?? (['400 Bad Request', 'malformed'] as const);
  broker.count(outcome);
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\nCache-Control: no-store\r\n\r\n`,
    () => socket.destroy(),
  );
}

const refusals: Readonly<Record<string, readonly [status: string, outcome: Outcome]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'too_large'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['413 Payload Too Large', 'too_large'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'timed_out'],
};
