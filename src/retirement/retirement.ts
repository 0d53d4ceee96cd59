import type { RetirementInputs } from '../catalog/retirement-inputs.ts';
import type { RegistrationAction } from '../registration/actions.ts';
import type { CredentialSources } from '../registration/resolve-credential.ts';
import type { Log } from '../text/log.ts';
import type { RetirementTarget } from './record.ts';

/** One org to be retired, and what the steps work with. */
export interface Retirement {
  readonly inputs: RetirementInputs;
  readonly sources: CredentialSources;
  readonly target: RetirementTarget;
  readonly log: Log;
  /** Called for each action once it is done. */
  readonly onAction: (action: RegistrationAction) => void;
  /** The deadline, or the end of the process. */
  readonly signal: AbortSignal;
}
