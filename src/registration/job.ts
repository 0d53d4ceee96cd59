import type { KubernetesClient } from '../clients/kubernetes/kubernetes-client.ts';
import { explain, PermanentError, UsageError } from '../text/errors.ts';
import type { RegistrationAction } from './actions.ts';
import { createEvent, readLakekeeper } from './kubernetes-objects.ts';
import { planRegistration } from './plan-registration.ts';
import { register } from './register.ts';
import type { Registration, Through } from './registration.ts';
import type { RegistrationResult } from './result.ts';
import { addressOf } from './secret/ensure-credentials.ts';

/**
 * Registers one org, and lets everybody know how it ended who looks: the row, the custom resource's Events, and the caller.
 * Never throws: one org that fails does not stop the others.
 *
 * @param lastWords a client of the cluster that outlives the registration's signal.
 */
export async function runRegistration(
  registration: Registration,
  through: Through,
  lastWords: KubernetesClient,
): Promise<RegistrationResult> {
  const { org } = registration.inputs;
  const actions: RegistrationAction[] = [];
  const did = (action: RegistrationAction) => {
    actions.push(action);
    registration.did(action);
  };
  let failure: Promise<Omit<RegistrationResult, 'actions'>> | undefined;
  const tellFailure = (error: unknown) => {
    failure ??= failed(registration, error, lastWords);
    return failure;
  };
  try {
    const ended = await register({ ...registration, did }, through, tellFailure);
    if (ended.outcome === 'stopped') return { org, result: 'stopped', detail: ended.reason, actions };
    const isNews = actions.length > 0;
    if (ended.outcome === 'credentials') {
      if (isNews)
        await tell(registration, lastWords, {
          reason: 'CredentialsReady',
          note: 'database, role and Secret are in place',
        });
      return { org, result: 'credentials', detail: 'the credentials are in place', actions };
    }
    const detail = ended.catalogEndpoint;
    if (isNews)
      await tell(registration, lastWords, { reason: 'Registered', note: `registered as ${detail}` });
    return { org, result: isNews ? 'registered' : 'unchanged', detail, actions };
  } catch (error) {
    return { ...(await tellFailure(error)), actions };
  }
}

/** A dry run. Never throws either. */
export async function planRun(registration: Registration, through: Through): Promise<RegistrationResult> {
  const { inputs, sources } = registration;
  const { org } = inputs;
  try {
    const { actions, stop, notes } = await planRegistration(registration, through);
    if (stop !== undefined) return { org, result: 'stopped', detail: stop, actions };
    return { org, result: 'planned', detail: notes.join('; '), actions };
  } catch (error) {
    return { org, result: 'failed', detail: sources.redactions.apply(explain(error)), actions: [], error };
  }
}

async function failed(
  registration: Registration,
  error: unknown,
  lastWords: KubernetesClient,
): Promise<Omit<RegistrationResult, 'actions'>> {
  const { inputs, sources, row, log } = registration;
  const detail = sources.redactions.apply(explain(error));
  const isPermanent = error instanceof PermanentError || error instanceof UsageError;
  const message = detail.replaceAll('\n', ' ');
  await row
    .recordFailure({ state: isPermanent ? 'failed' : 'provisioning', message })
    // The failure itself is what matters: that it could not be recorded is said beside it.
    .catch((cause: unknown) =>
      log.warn('could not record the failure', { step: 'record', why: explain(cause) }),
    );
  await tell(registration, lastWords, { reason: 'RegistrationFailed', note: message });
  return { org: inputs.org, result: 'failed', detail, error };
}

/** An Event on the custom resource, when there is one. Nothing depends on it, so that nothing fails for it. */
async function tell(
  registration: Registration,
  client: KubernetesClient,
  { reason, note }: { readonly reason: string; readonly note: string },
): Promise<void> {
  const type = reason === 'RegistrationFailed' ? 'Warning' : 'Normal';
  try {
    const lakekeeper = await readLakekeeper(client, addressOf(registration));
    if (lakekeeper === undefined) return;
    await createEvent(client, lakekeeper, { type, reason, action: 'Register', note, at: new Date() });
  } catch (cause) {
    registration.log.warn('could not tell an Event', { step: 'record', why: explain(cause) });
  }
}
