import type { KubernetesClient } from '../clients/kubernetes/kubernetes-client.ts';
import { explain } from '../text/errors.ts';
import type { RegistrationAction } from './actions.ts';
import type { AuthenticationStage } from './authentication/authentication-stage.ts';
import { createEvent } from './objects/catalog-events.ts';
import { readLakekeeper } from './objects/operator-objects.ts';
import { outcomeOfError } from './outcomes.ts';
import { planRegistration } from './plan-registration.ts';
import { register } from './register.ts';
import type { Registration, Until } from './registration.ts';
import type { RegistrationResult } from './result.ts';
import { addressOf } from './secret/ensure-credentials.ts';

/**
 * Registers one org. Reports the result in its row, in Events of the custom resource, and to the caller. Never throws,
 * so that one failed org does not stop the others.
 *
 * @param shutdownClient a client that still works after the registration's signal.
 */
export async function runRegistration(
  registration: Registration,
  until: Until,
  shutdownClient: KubernetesClient,
): Promise<RegistrationResult> {
  const { org } = registration.inputs;
  const actions: RegistrationAction[] = [];
  const onAction = (action: RegistrationAction) => {
    actions.push(action);
    registration.onAction(action);
  };
  let failure: Promise<Omit<RegistrationResult, 'actions'>> | undefined;
  const recordFailure = (error: unknown) => {
    failure ??= failed(registration, error, shutdownClient);
    return failure;
  };
  try {
    let authentication: AuthenticationStage | undefined;
    const onStage = (stage: AuthenticationStage) => {
      authentication = stage;
    };
    const ended = await register({ ...registration, onAction, onStage }, until, recordFailure);
    if (ended.outcome === 'stopped') return { org, result: 'stopped', detail: ended.reason, actions };
    if (ended.outcome === 'authentication')
      return { org, result: 'authentication', detail: 'its authentication may be enforced', actions };
    const hasChanges = actions.length > 0;
    if (ended.outcome === 'credentials') {
      const note = 'database, role and Secret are in place';
      if (hasChanges) await emitEvent(registration, shutdownClient, { reason: 'CredentialsReady', note });
      return { org, result: 'credentials', detail: 'the credentials are in place', actions };
    }
    const detail = ended.catalogEndpoint;
    const note = `registered as ${detail}`;
    if (hasChanges) await emitEvent(registration, shutdownClient, { reason: 'Registered', note });
    return { org, result: hasChanges ? 'registered' : 'unchanged', detail, actions, authentication };
  } catch (error) {
    return { ...(await recordFailure(error)), actions };
  }
}

/** A dry run for one org. Never throws. */
export async function planRun(registration: Registration, until: Until): Promise<RegistrationResult> {
  const { inputs, sources } = registration;
  const { org } = inputs;
  try {
    const { actions, stop, notes } = await planRegistration(registration, until);
    if (stop !== undefined) return { org, result: 'stopped', detail: stop, actions };
    return { org, result: 'planned', detail: notes.join('; '), actions };
  } catch (error) {
    return { org, result: 'failed', detail: sources.redactions.apply(explain(error)), actions: [], error };
  }
}

async function failed(
  registration: Registration,
  error: unknown,
  shutdownClient: KubernetesClient,
): Promise<Omit<RegistrationResult, 'actions'>> {
  const { inputs, sources, row, log, startNow } = registration;
  const reason = sources.redactions.apply(explain(error));
  const state = outcomeOfError(error) === 'try again' ? 'provisioning' : 'failed';
  const message = reason.replaceAll('\n', ' ');
  const nextStep = startNow === undefined ? '' : `; ${startNow}`;
  const recorded = await row
    .recordFailure({ state, message, nextStep })
    // The run ends with the failure itself; this one is only logged.
    .catch((cause: unknown) =>
      log.warn('could not record the failure', { step: 'record', why: explain(cause) }),
    );
  // A failure that persists has one Event, however many runs meet it.
  if (recorded !== 'unchanged')
    await emitEvent(registration, shutdownClient, { reason: 'RegistrationFailed', note: message, nextStep });
  return { org: inputs.org, result: 'failed', detail: reason + nextStep, error };
}

/** Creates an Event about the custom resource, if that exists. A failure is only logged. */
async function emitEvent(
  registration: Registration,
  client: KubernetesClient,
  event: { readonly reason: string; readonly note: string; readonly nextStep?: string },
): Promise<void> {
  const type = event.reason === 'RegistrationFailed' ? 'Warning' : 'Normal';
  try {
    const lakekeeper = await readLakekeeper(client, addressOf(registration));
    if (lakekeeper === undefined) return;
    await createEvent(client, lakekeeper, { ...event, type, action: 'Register', at: new Date() });
  } catch (cause) {
    registration.log.warn('could not emit an Event', { step: 'record', why: explain(cause) });
  }
}
