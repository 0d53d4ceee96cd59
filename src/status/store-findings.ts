import { secretKeys } from '../catalog/catalog.ts';
import { planned } from '../registration/actions.ts';
import { planMetadataStore } from '../registration/metadata-store/plan.ts';
import { verifyInside } from '../registration/metadata-store/verify-login.ts';
import { metadataStoreAction } from '../registration/secret/ensure-credentials.ts';
import { explain, PermanentError } from '../text/errors.ts';
import { due, orBroken, registerCommand, type Situation, unknown } from './due.ts';
import type { OrgObservation } from './observation.ts';
import { plannedSecretOrNone } from './secret-findings.ts';
import type { Finding } from './verdict.ts';

const subject = 'metadata store';

/** Database and role: what registration would do about them, and whether the catalog's own login works. */
export function storeFindings(situation: Situation): Finding[] {
  const { observation } = situation;
  const { inputs, inside } = observation;
  const findings = orBroken(subject, registerCommand(inputs.org), () =>
    inputs.metadataStore.provisioning === 'admin' ? ofAdmin(situation) : ofProvided(observation),
  );
  if (findings.length > 0) return findings;
  return [
    ...loginFindings(observation),
    ...(inside && 'unknown' in inside ? unknown(subject, inside.unknown) : []),
  ];
}

function ofAdmin(situation: Situation): Finding[] {
  const { inputs, store, login = { outcome: 'untried' } as const, inside } = situation.observation;
  const { metadataStore } = inputs;
  if (store === undefined || metadataStore.provisioning !== 'admin') return [];
  if ('unknown' in store) return unknown(subject, store.unknown);
  // Of a lost key, the Secret's finding says all; nothing else is done before it is there.
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
  if (actions.length > 0 || seen === undefined) return due(situation, subject, actions);
  verifyInside(seen, { database, user: postgresRole });
  return [];
}

function ofProvided({ inputs, inside }: OrgObservation): Finding[] {
  const { metadataStore } = inputs;
  if (metadataStore.provisioning === 'admin' || inside === undefined) return [];
  if ('value' in inside && inside.value !== undefined) verifyInside(inside.value, metadataStore);
  return [];
}

function loginFindings({ inputs, login }: OrgObservation): Finding[] {
  if (login?.outcome !== 'refused') return [];
  if (!(login.error instanceof PermanentError)) return unknown(subject, explain(login.error));
  const command = registerCommand(inputs.org);
  return [{ verdict: 'broken', subject, what: explain(login.error), command }];
}

/** Without its key, a database that holds a catalog is left as it is. */
function isKeyLost({ startValues, inside }: OrgObservation): boolean {
  const hasKey =
    'value' in startValues && Boolean(startValues.value.secret?.data?.[secretKeys.encryptionKey]);
  return !hasKey && (inside && 'value' in inside && inside.value?.holdsTables) === true;
}
