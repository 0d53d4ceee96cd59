import type { RegistrationAction } from './actions.ts';

/** What became of one org. */
export interface RegistrationResult {
  readonly org: string;
  /**
   * `credentials`: the first Job of hook mode `split` has done its part; `stopped`: the org is not to be
   * registered any more; `planned`: a dry run; `rejected`: its record or the settings are wrong, so that
   * nothing was tried.
   */
  readonly result: 'registered' | 'unchanged' | 'credentials' | 'stopped' | 'planned' | 'failed' | 'rejected';
  /** The catalog's endpoint, or why. */
  readonly detail: string;
  /** What was done, also when it failed later; of a dry run, what would be done. */
  readonly actions: readonly RegistrationAction[];
  /** Of `failed`: its class says whether trying again helps. */
  readonly error?: unknown;
}
