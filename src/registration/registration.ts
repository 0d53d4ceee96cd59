import type { RegistrationInputs } from '../catalog/registration-inputs.ts';
import type { Log } from '../text/log.ts';
import type { RegistrationAction } from './actions.ts';
import type { AuthenticationStage } from './authentication/authentication-stage.ts';
import type { TokenSource } from './catalog/catalog-token.ts';
import type { CredentialSources } from './resolve-credential.ts';
import type { Row } from './row/row.ts';

/** One org to be registered, and what the steps work with. */
export interface Registration {
  readonly inputs: RegistrationInputs;
  readonly sources: CredentialSources;
  readonly row: Row;
  readonly log: Log;
  /** Told of everything that was done, when it is done. */
  readonly onAction: (action: RegistrationAction) => void;
  /** Called with where the org stands on its way to authentication. */
  readonly onStage?: (stage: AuthenticationStage) => void;
  /** The deadline, or the end of the process. */
  readonly signal: AbortSignal;
  /** The Job's own token for the catalog; undefined without authentication. */
  readonly token: TokenSource;
  /** Where the catalog is from here, when not under its name in the cluster. */
  readonly serverURL?: string | undefined;
  /** How to start a run like this one once the cause of a failure is gone; undefined where a person started it. */
  readonly startNow?: string | undefined;
  /** `--accept-new-encryption-key` */
  readonly acceptNewEncryptionKey: boolean;
}

/** How far to go: the first Job of hook mode `split` stops when the operator has what it waits for. */
export type Until =
  /** Only whether the server may refuse requests without a token from now on. */
  'authentication' | 'credentials' | 'proof';
