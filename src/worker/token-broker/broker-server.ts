import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Answer, invalidRequest, type Outcome } from './answer.ts';
import type { TokenBroker } from './broker.ts';
import { Connections } from './connections.ts';

/** Limits for clients: sizes in bytes, times in milliseconds. */
export interface Limits {
  readonly header: number;
  readonly body: number;
  /** Time from the start of the connection, or the first byte of a request, to the last byte of its body. */
  readonly request: number;
  /** Time between two requests on one connection. */
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

/** Creates the broker's HTTP server; the caller starts it. */
export function tokenBrokerServer(broker: TokenBroker, limits: Limits = defaultLimits): Server {
  const server = createServer({
    maxHeaderSize: limits.header,
    headersTimeout: limits.request,
    requestTimeout: limits.request,
    keepAliveTimeout: limits.idle,
    // How often Node checks headersTimeout and requestTimeout; the default is 30 s.
    connectionsCheckingInterval: Math.ceil(limits.request / 10),
    // NODE_OPTIONS must not switch it on.
    insecureHTTPParser: false,
    // The broker refuses a request without a Host header itself, so that it is counted.
    requireHostHeader: false,
  });
  // By default Node drops headers after the first thousand silently; `measureHeader` must see all of them.
  server.maxHeadersCount = 0;
  // `Connections` closes the oldest connection when this one is used.
  server.maxConnections = limits.connections + 1;
  // Ends the connection of a client that does not read its answer.
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
  const send = (answer: Answer, hasReadBody: boolean) => {
    broker.count(answer.outcome);
    // The rest of an unread body would be taken for the next request; a server that shuts down keeps no connection.
    if (!hasReadBody || !server.listening) response.setHeader('Connection', 'close');
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

/** The answer to a request whose header decides it; undefined when its body is needed. */
function answerToHead(request: IncomingMessage, broker: TokenBroker, limits: Limits): Answer | undefined {
  const { method = '', url: target = '', headers } = request;
  const { size, hosts } = measureHeader(request);
  if (size > limits.header) return headerTooLarge;
  const answer = broker.answer({ method, target, hosts });
  return answer ?? (Number(headers['content-length'] ?? 0) > limits.body ? bodyTooLarge : undefined);
}

const headerTooLarge = invalidRequest('the header is too large', 'too_large', 431);
const bodyTooLarge = invalidRequest('the body is too large', 'too_large', 413);

/**
 * Bytes of a header as it was sent, and every Host in it. Node's own limit does not count separators, so that many
 * small headers would pass it.
 */
function measureHeader({ method = '', url = '', rawHeaders }: IncomingMessage): {
  size: number;
  hosts: string[];
} {
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

/**
 * @param done is called once, with the whole body, or with undefined when it is larger than the limit. Not called when
 *   the client disconnects.
 */
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

/**
 * Answers a request that is not valid HTTP, or not complete in time, and closes the connection: the start of the next
 * request cannot be found.
 */
function refuseClient(error: NodeJS.ErrnoException, socket: Duplex, broker: TokenBroker): void {
  // The client has disconnected, or has been answered.
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
