import type { RegistrationAction } from './actions.ts';
import type { AuthenticationStage } from './authentication/authentication-stage.ts';

/** What became of one org. */
export interface RegistrationResult {
  readonly org: string;
  /**
   * `authentication`: the server may refuse requests without a token; `credentials`: the first Job of hook mode
   * `split` has done its part; `stopped`: the org is not to be registered any more; `planned`: a dry run; `rejected`:
   * its record or the settings are wrong, so that nothing was tried.
   */
  readonly result:
    | 'registered'
    | 'unchanged'
    | 'authentication'
    | 'credentials'
    | 'stopped'
    | 'planned'
    | 'failed'
    | 'rejected';
  /** The catalog's endpoint, or why. */
  readonly detail: string;
  /** What was done, also when it failed later; of a dry run, what would be done. */
  readonly actions: readonly RegistrationAction[];
  /** Where the org stands on its way to authentication, when a run came to its end. */
  readonly authentication?: AuthenticationStage | undefined;
  /** Of `failed`: its class says whether trying again helps. */
  readonly error?: unknown;
}
