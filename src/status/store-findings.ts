import { secretKeys } from '../catalog/catalog.ts';
import { planned } from '../registration/actions.ts';
import { planMetadataStore } from '../registration/metadata-store/plan.ts';
import { verifyInside } from '../registration/metadata-store/verify-login.ts';
import { metadataStoreAction } from '../registration/secret/ensure-credentials.ts';
import { explain, PermanentError } from '../text/errors.ts';
import type { OrgObservation } from './observation.ts';
import { plannedSecretOrNone } from './secret-findings.ts';
import { brokenIfPermanent, pendingActions, type Situation, unknownFinding } from './situation.ts';
import type { Finding } from './verdict.ts';

const subject = 'metadata store';

/** Database and role: what registration would change, and whether the catalog's login works. */
export function storeFindings(situation: Situation): Finding[] {
  const { observation } = situation;
  const { inputs, inside } = observation;
  const findings = brokenIfPermanent(subject, () =>
    inputs.metadataStore.provisioning === 'admin'
      ? adminStoreFindings(situation)
      : providedStoreFindings(observation),
  );
  return [
    ...findings,
    ...loginFindings(observation, findings.length > 0),
    ...(inside && 'unknown' in inside ? unknownFinding(subject, inside.unknown) : []),
  ];
}

function adminStoreFindings(situation: Situation): Finding[] {
  const { inputs, store, login = { outcome: 'untried' } as const, inside } = situation.observation;
  const { metadataStore } = inputs;
  if (store === undefined || metadataStore.provisioning !== 'admin') return [];
  if ('unknown' in store) return unknownFinding(subject, store.unknown);
  // For a lost key, the finding of the Secret is enough: registration does nothing before.
  const secret = plannedSecretOrNone(situation.observation);
  if (secret === undefined || isKeyLost(situation.observation)) return [];
  const { database, postgresRole } = metadataStore;
  const { password } = secret.credentials;
  const seen = inside && 'value' in inside ? inside.value : undefined;
  const steps = planMetadataStore(
    { database, postgresRole, password },
    { server: store.value, login, inside: seen },
  );
  const actions = [...steps.onServer, ...steps.inside].map((action) => {
    const { object, kind } = metadataStoreAction(action);
    return `${planned({ kind, object })} ${object}`;
  });
  if (actions.length > 0 || seen === undefined) return pendingActions(situation, subject, actions);
  verifyInside(seen, { database, user: postgresRole });
  return [];
}

function providedStoreFindings({ inputs, inside }: OrgObservation): Finding[] {
  const { metadataStore } = inputs;
  if (metadataStore.provisioning === 'admin' || inside === undefined) return [];
  if ('value' in inside && inside.value !== undefined) verifyInside(inside.value, metadataStore);
  return [];
}

/** @param hasFindings whether others may explain why the server refuses the login, as a password that is to be set. */
function loginFindings({ login }: OrgObservation, hasFindings: boolean): Finding[] {
  if (login?.outcome !== 'refused') return [];
  const isFinal = login.error instanceof PermanentError;
  const isRefusedByServer = isFinal || login.sqlstate?.startsWith('28') === true;
  if (hasFindings && isRefusedByServer) return [];
  if (!isFinal) return unknownFinding(subject, explain(login.error));
  return [{ verdict: 'broken', subject, what: explain(login.error) }];
}

/** Registration changes no database that holds a catalog without its key. */
function isKeyLost({ startValues, inside }: OrgObservation): boolean {
  const hasKey =
    'value' in startValues && Boolean(startValues.value.secret?.data?.[secretKeys.encryptionKey]);
  return !hasKey && (inside && 'value' in inside && inside.value?.holdsTables) === true;
}
