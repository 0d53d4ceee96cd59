import type { RegistrationAction } from './actions.ts';
import type { AuthenticationStage } from './authentication/authentication-stage.ts';

/** The result of a run for one org. */
export interface RegistrationResult {
  readonly org: string;
  /**
   * `authentication`: the server may refuse requests without a token; `credentials`: the first Job of hook mode
   * `split` is done; `stopped`: the org must not be registered any more; `planned`: a dry run; `rejected`: its record
   * or the settings are wrong, and nothing was tried.
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
  /** The catalog's endpoint, or the reason. */
  readonly detail: string;
  /** What was done before the end or the failure. For a dry run, what would be done. */
  readonly actions: readonly RegistrationAction[];
  /** The stage of the org's authentication, if the run was completed. */
  readonly authentication?: AuthenticationStage | undefined;
  /** For `failed`. Its class decides whether a retry helps. */
  readonly error?: unknown;
}
