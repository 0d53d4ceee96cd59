import type { RegistrationInputs } from '../../catalog/registration-inputs.ts';
import { enforcedAuthentication, enforcedKey } from '../../catalog/worker-login.ts';
import type { LakekeeperObject } from '../objects/operator-objects.ts';
import type { Registration } from '../registration.ts';
import { isRegisteredRecord } from '../row/plan.ts';
import { type RegistrationRecord, recordOfRegistration } from '../row/registration-record.ts';
import { type ObservedRollout, planTokenEndpoint, stageOf } from './authentication-rollout.ts';
import type { AuthenticationStage } from './authentication-stage.ts';
import { workersWithoutLogin } from './worker-pods.ts';

/** Whether the custom resource has been applied with the authentication that the settings ask for. */
export function isEnforcementApplied(
  { authentication }: RegistrationInputs,
  lakekeeper: LakekeeperObject | undefined,
): boolean {
  const wanted = enforcedAuthentication(authentication);
  return wanted !== undefined && lakekeeper?.metadata.annotations?.[enforcedKey] === wanted;
}

type Server = ObservedRollout['server'];

/**
 * Observes the roll-out of authentication. The workers are listed only while it is in progress, so that an org in
 * order needs few requests.
 *
 * @param server as verified.
 */
export async function observeRollout(
  { inputs, sources, row }: Pick<Registration, 'inputs' | 'sources' | 'row'>,
  server: Server,
): Promise<ObservedRollout> {
  const { authentication } = inputs;
  const wanted = authentication.mode === 'none' ? 'none' : (authentication.rollout ?? 'enforce');
  const recorded = (await row.recorded()) ?? {};
  const hasToken = recorded.iceberg_lakekeeper_o_auth2_server_uri === inputs.record.oauthServerURI;
  const isReady = wanted === 'enforce' && (server === 'absent' || (server === 'enforces' && hasToken));
  const workers = wanted === 'none' || isReady ? [] : await workersWithoutLogin(sources.kubernetes, inputs);
  const ofRegistered = hasToken ? 'withToken' : 'withoutToken';
  return { wanted, server, row: isRegisteredRecord(recorded) ? ofRegistered : 'notRegistered', workers };
}

/** The record to write, and the stage after that. @param server as verified. */
export async function observeRecord(
  registration: Pick<Registration, 'inputs' | 'sources' | 'row'>,
  server: 'open' | 'enforces',
): Promise<{ readonly record: RegistrationRecord; readonly stage: AuthenticationStage }> {
  const { inputs, row } = registration;
  const observed = await observeRollout(registration, server);
  if (planTokenEndpoint(observed) !== 'leave')
    return { record: recordOfRegistration(inputs), stage: stageOf({ ...observed, row: 'withToken' }) };
  const { iceberg_lakekeeper_o_auth2_server_uri: found } = (await row.recorded()) ?? {};
  return {
    record: recordOfRegistration(inputs, typeof found === 'string' ? found : ''),
    stage: stageOf(observed),
  };
}
