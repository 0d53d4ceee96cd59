import pg from 'pg';
import type { ErrorOutcome, OutcomeRow } from '../../text/outcome-row.ts';

/**
 * What a SQLSTATE means for a Job, by its five characters, or by its class (the first two) when it is not listed
 * (https://www.postgresql.org/docs/current/errcodes-appendix.html).
 */
export const sqlstates = {
  '08': row(
    'try again',
    'connection exceptions',
    'nothing; if it persists, check the network and the pooler',
  ),
  '0A': row(
    'needs a person',
    'the server does not support it',
    'read the message of the server or of the pooler',
  ),
  '22': row(
    'needs a person',
    'a value is refused',
    'read the message of the server; correct the settings or the column',
  ),
  '23': row(
    'try again',
    'a constraint is violated, possibly by a concurrent session',
    'nothing; if it persists, check the constraint',
  ),
  '25006': row(
    'try again',
    'the server is a standby, or read-only because its disk is full',
    'nothing during a failover; else free disk space, or use the address of the primary',
  ),
  '25P03': row(
    'try again',
    'a transaction was idle for too long',
    'nothing; if it persists, check the locks',
  ),
  '25P04': row(
    'try again',
    'a transaction took longer than its limit',
    'nothing; if it persists, check the locks',
  ),
  '28000': row(
    'try again',
    'the login is refused: no such role yet, NOLOGIN, or no entry in pg_hba.conf',
    'nothing while another operator creates the role; else allow the login in pg_hba.conf',
  ),
  '28P01': row(
    'try again',
    'wrong password, for example a rotated one whose Secret is not updated yet',
    'nothing until the Secret is updated; else correct it',
  ),
  '3D000': row(
    'try again',
    'no such database yet',
    'nothing while another operator creates it; else correct the name of the database',
  ),
  '40': row('try again', 'the transaction was rolled back because of another one', 'nothing'),
  '42': row(
    'needs a person',
    'an object or a column is missing or of another kind',
    'read the message of the server',
  ),
  '42501': row(
    'needs a person',
    'a privilege is missing',
    'grant it: `grants` prints what the rows need, docs/reference.md what the metadata store needs',
  ),
  '42P04': row('try again', 'another session created the database', 'nothing'),
  '42710': row('try again', 'another session created the object', 'nothing'),
  '53100': row('try again', 'the disk is full', 'free disk space'),
  '53300': row(
    'try again',
    'too many connections: of the server, the role or the database',
    'nothing: the run waits; if it persists, raise max_connections or the CONNECTION LIMIT',
  ),
  '53': row(
    'try again',
    'the server lacks a resource',
    'nothing; if it persists, give the server more of it',
  ),
  '55000': row(
    'needs a person',
    'the database allows no connections, or is invalid because DROP DATABASE was interrupted',
    'read the message of the server: ALTER DATABASE … ALLOW_CONNECTIONS true, or DROP DATABASE',
  ),
  '55': row('try again', 'an object is in use', 'nothing'),
  '57014': row(
    'try again',
    'a statement took longer than its time limit',
    'nothing; if it persists, check the locks',
  ),
  '57': row('try again', 'the server stops, starts, or ended the session', 'nothing: the run waits'),
  '58': row('try again', 'the server has a system error', 'read its log'),
  P0001: row('needs a person', 'a trigger or a function raised an error', 'read its message'),
  XX: row('try again', 'internal error', 'if it persists, read the log of the server'),
  other: row('needs a person', 'any other SQLSTATE', 'read the message of the server'),
} as const satisfies Record<string, OutcomeRow>;

function row(outcome: ErrorOutcome, meaning: string, whatToDo: string): OutcomeRow {
  return { answer: '', meaning, outcome, whatToDo };
}

/** The row of a SQLSTATE: its own, that of its class, or that of all others. */
export function outcomeOfSqlstate(code: string): OutcomeRow {
  const rows: Readonly<Record<string, OutcomeRow>> = sqlstates;
  const key = [code, code.slice(0, 2)].find((candidate) => Object.hasOwn(rows, candidate)) ?? 'other';
  return { ...(rows[key] ?? sqlstates.other), answer: `SQLSTATE ${code}` };
}

/**
 * The SQLSTATE of the statement or login that failed; undefined when the server did not answer.
 */
export function sqlstateOf(error: unknown): string | undefined {
  for (let e = error; e instanceof Error; e = e.cause) if (e instanceof pg.DatabaseError) return e.code;
  return undefined;
}
