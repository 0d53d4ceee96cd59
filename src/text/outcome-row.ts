/** What an answer of a server means for a run: trying again may help, a person has to decide, or the command or its settings are wrong. */
export type Verdict = 'passes' | 'needs a person' | 'usage error';

/** One row of the table of outcomes (`docs/reference.md`): one class of answers of one server. */
export interface OutcomeRow {
  /** As the server says it: SQLSTATE, HTTP status with its type or reason. */
  readonly answer: string;
  /** What it means here. */
  readonly meaning: string;
  readonly verdict: Verdict;
  /** What a person does about it, or that nothing is to be done. */
  readonly wayOut: string;
}
