import type { RecordColumn } from '../../mapping/record-columns.ts';
import { cutMessage, maxMessageLength } from './message.ts';
import type { ObservedRecord } from './observe.ts';
import { isRegisteredRecord, messagePrefix } from './plan.ts';
import type { RegistrationFailure, RegistrationRecord } from './registration-record.ts';

/** Values to be written into a record; null removes one. */
export type RecordChanges = Readonly<Partial<Record<RecordColumn, string | null>>>;

/** The record of a success. One of our messages is about a failure that is over. */
export function successChanges(found: ObservedRecord, record: RegistrationRecord): RecordChanges {
  const { status_message: message } = found;
  const isOver = typeof message === 'string' && message.startsWith(messagePrefix);
  return { ...record, ...(isOver && { status_message: null }) };
}

/**
 * That registration failed, and why. A registered org stays `ready`: its catalog serves requests, whatever a later run
 * meets.
 *
 * @param wasRegistered as this run read it. If another run has registered the org since, nothing is written.
 */
export function failureChanges(
  found: ObservedRecord,
  { state, message, nextStep = '' }: RegistrationFailure,
  wasRegistered: boolean,
): RecordChanges {
  const isRegistered = isRegisteredRecord(found);
  if (isRegistered && !wasRegistered) return {};
  const text = cutMessage(messagePrefix + message, maxMessageLength - nextStep.length) + nextStep;
  return { ...(!isRegistered && { iceberg_state: state }), status_message: text };
}

/** What of the changes differs from a record, among the columns that it can have. */
export function differing(found: ObservedRecord, changes: RecordChanges): RecordChanges {
  return Object.fromEntries(
    Object.entries(changes).filter(([column, value]) => column in found && (found[column] ?? null) !== value),
  );
}
