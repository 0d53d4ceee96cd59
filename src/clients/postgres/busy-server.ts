import pg from 'pg';

/** A login that failed for a transient reason. */
export class ConnectError extends Error {
  override name = 'ConnectError';
}

/** Too many connections; the server is starting, is stopping, or has crashed. */
const busyStates: ReadonlySet<string> = new Set(['53300', '57P01', '57P02', '57P03']);

/**
 * Whether the server has too many connections or is restarting: the run then waits and connects again. It does not
 * wait for a server that never answers, because its name may be wrong or the network closed.
 */
export function isServerBusy(error: unknown): boolean {
  for (let e = error; e instanceof Error; e = e.cause) {
    if (e instanceof pg.DatabaseError) return busyStates.has(e.code ?? '');
    if (e instanceof ConnectError && isCutOff(e.cause)) return true;
  }
  return false;
}

function isCutOff(error: unknown): boolean {
  // One error for each address of the host.
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.every(isCutOff);
  if (!(error instanceof Error)) return false;
  const { code = '', message } = error as NodeJS.ErrnoException;
  return (
    ['ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(code) || message === 'Connection terminated unexpectedly'
  );
}
