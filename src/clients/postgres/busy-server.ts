import pg from 'pg';

/** A login that came to nothing, for a reason that may be gone a moment later. */
export class ConnectError extends Error {
  override name = 'ConnectError';
}

/** Too many connections; the server starts, stops, or crashed. */
const busyStates: ReadonlySet<string> = new Set(['53300', '57P01', '57P02', '57P03']);

/**
 * Whether the server has no connection to spare, or is about to come back from a restart: worth a wait inside
 * the run. A server that nobody ever hears of, by a wrong name or a closed network, is not.
 */
export function isServerBusy(error: unknown): boolean {
  for (let e = error; e instanceof Error; e = e.cause) {
    if (e instanceof pg.DatabaseError) return busyStates.has(e.code ?? '');
    if (e instanceof ConnectError && isCutOff(e.cause)) return true;
  }
  return false;
}

function isCutOff(error: unknown): boolean {
  // One for each address of the host.
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.every(isCutOff);
  if (!(error instanceof Error)) return false;
  const { code = '', message } = error as NodeJS.ErrnoException;
  return (
    ['ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(code) || message === 'Connection terminated unexpectedly'
  );
}
