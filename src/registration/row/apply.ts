import type pg from 'pg';
import { retiredState } from '../../catalog/gate.ts';
import { openCondition, orgIdentifier, quoted, quotedName } from '../../mapping/mapping-sql.ts';
import { type RecordColumn, recordColumns } from '../../mapping/record-columns.ts';
import { isInRow, type RecordTable } from '../../mapping/record-table.ts';
import { shownTable } from '../../mapping/relation.ts';
import { PermanentError } from '../../text/errors.ts';
import { cutMessage, maxMessageLength } from './message.ts';
import { messagePrefix } from './plan.ts';
import type { RegistrationFailure, RegistrationRecord } from './registration-record.ts';
import { type RetirementRecord, retirementColumns } from './retirement-record.ts';

/** All SQL that writes the record of an org. */

/** `closed`: the row is gone or leaving, or Iceberg is disabled; nothing was written. */
export type Recorded = 'updated' | 'unchanged' | 'closed';

/** The values of a statement, which are sent apart from its text. */
class Parameters {
  readonly values: string[] = [];

  /** The placeholder of a value. */
  add(value: string): string {
    return `$${this.values.push(value)}`;
  }
}

/** What is to be written. The columns of the table as it is are those of `record`. */
interface Change {
  readonly column: RecordColumn;
  /** The value in a new row of a table of ours. */
  readonly inserted: string;
  /** The value where there is a row. */
  readonly updated: string;
}

/**
 * Writes the registration with one statement, only if something differs, so that `updated_at` changes only then. Of
 * the row's state, it only checks that the row may be written: other columns change while a registration runs, and the
 * result must not be lost because of them (incident 6).
 */
export async function recordSuccess(
  client: pg.Client,
  table: RecordTable,
  org: string,
  record: RegistrationRecord,
): Promise<Recorded> {
  const parameters = new Parameters();
  const changes = recordColumns
    .filter((column) => table.columns.has(column))
    .map((column): Change => {
      const value = `${parameters.add(record[column])}::text`;
      return { column, inserted: value, updated: value };
    });
  if (table.columns.has('status_message')) {
    const message = columnOf(table, 'status_message');
    // One of our messages is about a failure that is over.
    const kept = `CASE WHEN starts_with(${message}, ${parameters.add(messagePrefix)}) THEN NULL ELSE ${message} END`;
    changes.push({ column: 'status_message', inserted: 'NULL::text', updated: kept });
  }
  return write(client, table, org, changes, parameters);
}

/**
 * Writes that registration failed, and why, unless the record already has it. A registered org stays `ready`: its
 * catalog serves requests, whatever a later run meets.
 *
 * @param wasRegistered as this run read it. If another run has registered the org since, the record is not written.
 */
export async function recordFailure(
  client: pg.Client,
  table: RecordTable,
  org: string,
  { state, message, nextStep = '' }: RegistrationFailure,
  wasRegistered = true,
): Promise<Recorded> {
  const parameters = new Parameters();
  const changes: Change[] = [];
  if (table.columns.has('iceberg_state')) {
    const failed = `${parameters.add(state)}::text`;
    const kept = `CASE WHEN ${isRegistered(table)} THEN ${columnOf(table, 'iceberg_state')} ELSE ${failed} END`;
    changes.push({ column: 'iceberg_state', inserted: failed, updated: kept });
  }
  if (table.columns.has('status_message')) {
    const text = cutMessage(messagePrefix + message, maxMessageLength - nextStep.length) + nextStep;
    const value = `${parameters.add(text)}::text`;
    changes.push({ column: 'status_message', inserted: value, updated: value });
  }
  const mayOverwrite = wasRegistered ? 'true' : `NOT coalesce(${isRegistered(table)}, false)`;
  return write(client, table, org, changes, parameters, mayOverwrite);
}

/** The condition of `isRegisteredRecord`, in SQL. */
function isRegistered(table: RecordTable): string {
  const conditions = [
    ...(table.columns.has('iceberg_state') ? [`${columnOf(table, 'iceberg_state')} = 'ready'`] : []),
    ...(table.columns.has('iceberg_lakekeeper_endpoint')
      ? [`coalesce(${columnOf(table, 'iceberg_lakekeeper_endpoint')}, '') <> ''`]
      : []),
  ];
  return conditions.length === 0 ? 'false' : `(${conditions.join(' AND ')})`;
}

/**
 * Writes that the org is retired, and clears its endpoint. `closed` in the result: the row is gone, or it was enabled
 * again.
 */
export async function recordRetirement(
  client: pg.Client,
  table: RecordTable,
  org: string,
  record: RetirementRecord,
): Promise<'updated' | 'closed'> {
  const parameters = new Parameters();
  const changes = retirementColumns
    .filter((column) => table.columns.has(column))
    .map((column): Change => {
      const value = `${parameters.add(record[column])}::text`;
      return { column, inserted: value, updated: value };
    });
  const isWritten = await writeIf(client, { gate: 'closed', table, org, changes, parameters });
  return isWritten ? 'updated' : 'closed';
}

/**
 * Writes why an org could not be retired. Its state stays, and so does the record of a retirement.
 *
 * @returns whether it was written.
 */
export async function recordRetirementFailure(
  client: pg.Client,
  table: RecordTable,
  org: string,
  message: string,
): Promise<boolean> {
  if (!table.columns.has('status_message')) return false;
  const parameters = new Parameters();
  const value = `${parameters.add(message)}::text`;
  const changes: Change[] = [{ column: 'status_message', inserted: value, updated: value }];
  const retired = `${parameters.add(retiredState)}::text`;
  const isNotRecorded = `${columnOf(table, 'iceberg_state')} IS DISTINCT FROM ${retired}`;
  return writeIf(client, { gate: 'closed', table, org, changes, parameters }, isNotRecorded);
}

async function write(
  client: pg.Client,
  table: RecordTable,
  org: string,
  changes: readonly Change[],
  parameters: Parameters,
  condition = 'true',
): Promise<Recorded> {
  const isWritten = await writeIf(client, { gate: 'open', table, org, changes, parameters }, condition);
  if (isWritten) return 'updated';
  return (await isOpen(client, table, org)) ? 'unchanged' : 'closed';
}

/** Whether the org is to have a catalog, by its row. */
type Gate = 'open' | 'closed';

/** What one statement writes. */
interface Write {
  /** What the org's row has to be when it is written. */
  readonly gate: Gate;
  readonly table: RecordTable;
  readonly org: string;
  readonly changes: readonly Change[];
  readonly parameters: Parameters;
}

/** @returns whether something was written. */
async function writeIf(client: pg.Client, wanted: Write, condition = 'true'): Promise<boolean> {
  const { table, changes, parameters } = wanted;
  if (changes.length === 0) return false;
  const values = changes.map(({ updated }) => updated).join(', ');
  const differs =
    `(${changes.map(({ column }) => columnOf(table, column)).join(', ')}) IS DISTINCT FROM (${values}) ` +
    `AND ${condition}`;
  const statement = table.isOwn ? upsert(wanted, differs) : update(wanted, differs);
  const { rowCount } = await client.query(notifying(wanted, statement), parameters.values);
  return rowCount !== 0;
}

function update(wanted: Write, differs: string): string {
  const { table, org, changes, parameters } = wanted;
  const its = isInRow(table) ? [] : [`record.${quotedName(table.key)} = ${parameters.add(org)}`];
  const where = [...its, ...guard(wanted), differs].join(' AND ');
  return `UPDATE ${quoted(table.name)} AS record SET ${assignments(table, changes)} WHERE ${where}`;
}

function upsert(wanted: Write, differs: string): string {
  const { table, org, changes, parameters } = wanted;
  const columns = [table.key, ...changes.map(({ column }) => table.columns.get(column) ?? '')].map(
    quotedName,
  );
  const values = [`${parameters.add(org)}::text`, ...changes.map(({ inserted }) => inserted)];
  const where = guard(wanted);
  return `INSERT INTO ${quoted(table.name)} AS record (${columns.join(', ')})
    SELECT ${values.join(', ')} ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''}
    ON CONFLICT (${quotedName(table.key)}) DO UPDATE SET ${assignments(table, changes)} WHERE ${differs}`;
}

function assignments(table: RecordTable, changes: readonly Change[]): string {
  const time = table.columns.get('updated_at');
  return [
    ...changes.map(({ column, updated }) => `${quotedName(table.columns.get(column) ?? '')} = ${updated}`),
    ...(time === undefined ? [] : [`${quotedName(time)} = now()`]),
  ].join(', ');
}

/** That the org's row is still open or closed: it may have been disabled, deleted or enabled again meanwhile. */
function guard({ gate, table, org, parameters }: Write): string[] {
  const { source } = table;
  if (source === undefined) return [];
  const isOpen = openCondition(source.mapping);
  const wanted = gate === 'open' ? isOpen : `NOT coalesce(${isOpen}, false)`;
  const condition = `${orgIdentifier(source.mapping)} = ${parameters.add(org)} AND ${wanted}`;
  return [isInRow(table) ? condition : `EXISTS (SELECT FROM ${quoted(source.name)} WHERE ${condition})`];
}

/** One statement, so that a notification is sent exactly when something was written. */
function notifying({ table, org, parameters }: Write, statement: string): string {
  if (table.channel === undefined) return statement;
  const notify = `pg_notify(${parameters.add(table.channel)}, ${parameters.add(org)})`;
  return `WITH written AS (${statement} RETURNING 1) SELECT ${notify} FROM written`;
}

async function isOpen(client: pg.Client, table: RecordTable, org: string): Promise<boolean> {
  const { source, name, key } = table;
  if (source !== undefined) {
    const condition = `${orgIdentifier(source.mapping)} = $1 AND ${openCondition(source.mapping)}`;
    const { rowCount } = await client.query(`SELECT FROM ${quoted(source.name)} WHERE ${condition}`, [org]);
    if (rowCount === 0) return false;
  }
  if (table.isOwn || isInRow(table)) return true;
  const { rowCount } = await client.query(`SELECT FROM ${quoted(name)} WHERE ${quotedName(key)} = $1`, [org]);
  if (rowCount !== 0) return true;
  throw new PermanentError(
    `org ${JSON.stringify(org)} has no row in table ${shownTable(name)}, in which its registration is to be ` +
      'recorded (registration.record.warehouseDatabase of the settings)',
  );
}

function columnOf({ columns }: RecordTable, column: RecordColumn): string {
  const name = columns.get(column);
  return name === undefined ? 'NULL::text' : `record.${quotedName(name)}::text`;
}
