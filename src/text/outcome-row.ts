/** How a run ends that a server refused: a retry may help, a person has to act, or the settings are wrong. */
export type ErrorOutcome = 'try again' | 'needs a person' | 'usage error';

/** One row of the table of outcomes (`docs/reference.md`): one class of answers of one server. */
export interface OutcomeRow {
  /** SQLSTATE, or HTTP status with its type or reason. */
  readonly answer: string;
  /** What it means here. */
  readonly meaning: string;
  readonly outcome: ErrorOutcome;
  /** What a person has to do, if anything. */
  readonly whatToDo: string;
}
