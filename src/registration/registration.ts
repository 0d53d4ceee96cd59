import type { RegistrationInputs } from '../catalog/registration-inputs.ts';
import type { Log } from '../text/log.ts';
import type { RegistrationAction } from './actions.ts';
import type { AuthenticationStage } from './authentication/authentication-stage.ts';
import type { TokenSource } from './catalog/catalog-token.ts';
import type { CredentialSources } from './resolve-credential.ts';
import type { Row } from './row/row.ts';

/** One org to register, and the clients and options of the steps. */
export interface Registration {
  readonly inputs: RegistrationInputs;
  readonly sources: CredentialSources;
  readonly row: Row;
  readonly log: Log;
  /** Called after each action. */
  readonly onAction: (action: RegistrationAction) => void;
  /** Called with the stage of the org's authentication, when the run is completed. */
  readonly onStage?: (stage: AuthenticationStage) => void;
  /** Ends the run: its deadline, SIGTERM or SIGINT. */
  readonly signal: AbortSignal;
  /** The Job's token for the catalog; it returns undefined without authentication. */
  readonly token: TokenSource;
  /** URL of the catalog's server, where it is not reachable by its name in the cluster. */
  readonly serverURL?: string | undefined;
  /** How to run the Job again after a failure; undefined for a run that a person started. */
  readonly startNow?: string | undefined;
  /** `--accept-new-encryption-key` */
  readonly acceptNewEncryptionKey: boolean;
}

/**
 * The last step of a run. `authentication`: only check whether the server may refuse requests without a token from
 * now on. `credentials`: stop when the Secret exists that the operator waits for, as the first Job of hook mode
 * `split` does.
 */
export type Until = 'authentication' | 'credentials' | 'proof';
