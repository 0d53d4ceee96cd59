import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UsageError } from '../../text/errors.ts';
import type { Log, LogFields } from '../../text/log.ts';
import { TokenBroker } from './broker.ts';
import { tokenBrokerServer } from './broker-server.ts';
import type { TokenBrokerSettings } from './broker-settings.ts';
import { hostAndPort, type ListenAddress } from './listen-address.ts';
import { readToken } from './token-file.ts';

/** Time for open requests to end after a signal; the whole shutdown must take less than 5 s. */
const drainTimeoutMs = 4_000;

/**
 * Runs the broker until the signal, then waits for the open requests.
 *
 * @param signal ends the broker.
 * @param openLog is called once the broker listens, so that loading the log does not delay the first client.
 * @throws UsageError or Error when it cannot listen.
 */
export async function runTokenBroker(
  { tokenFile, listen, ...settings }: TokenBrokerSettings,
  signal: AbortSignal,
  openLog: () => Promise<Log>,
): Promise<void> {
  let log: Promise<Log> | undefined;
  const say = async (level: 'info' | 'warn' | 'error', message: string, fields = {}) => {
    log ??= openLog();
    (await log)[level](message, fields);
  };
  const broker = new TokenBroker(settings, {
    readToken: (now) => readToken(tokenFile, now),
    now: Date.now,
    onChange: (problem) =>
      void (problem === undefined
        ? say('info', 'there is a token to hand out again')
        : say('warn', 'there is no token to hand out', { problem, tokenFile })),
    onFault: (error) => void say('error', 'the broker failed', placeOf(error)),
  });
  const server = tokenBrokerServer(broker);
  const port = await startListening(server, listen);
  await say('info', 'listening', {
    address: hostAndPort({ ...listen, port }),
    path: settings.path,
    tokenFile,
  });
  if (!signal.aborted) await once(signal, 'abort');
  await say('info', 'ending', { signal: String(signal.reason) });
  await drain(server);
}

/** @returns the port that is listened on; port 0 asks for any free one. */
async function startListening(server: Server, { address, port }: ListenAddress): Promise<number> {
  const where = hostAndPort({ address, port });
  server.listen({ host: address, port, exclusive: true });
  await once(server, 'listening').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'EADDRINUSE')
      throw new Error(
        `cannot listen on ${where}: another process does; end it, or give --listen another port (and ` +
          'workers.tokenURL in the settings the same)',
      );
    if (cause.code === 'EACCES')
      throw new UsageError(
        `cannot listen on ${where}: not allowed; ports below 1024 need rights that the broker should not have`,
      );
    throw new Error(`cannot listen on ${where}`, { cause });
  });
  return (server.address() as AddressInfo).port;
}

async function drain(server: Server): Promise<void> {
  const late = setTimeout(() => server.closeAllConnections(), drainTimeoutMs);
  await new Promise((closed) => server.close(closed));
  clearTimeout(late);
}

/** The type and stack of an error, without its message: that may contain a part of the token. */
function placeOf(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: typeof error };
  const frames = error.stack?.split('\n').filter((line) => line.startsWith('    at ')) ?? [];
  return { error: error.name, stack: frames.map((frame) => frame.trim()).slice(0, 5) };
}
