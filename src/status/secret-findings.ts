import { planned } from '../registration/actions.ts';
import { type OrgSecretPlan, planOrgSecret } from '../registration/secret/plan.ts';
import { PermanentError } from '../text/errors.ts';
import type { OrgObservation } from './observation.ts';
import { brokenIfPermanent, pendingActions, type Situation, unknownFinding } from './situation.ts';
import type { Finding } from './verdict.ts';

/** They are never written: `status` only needs the plan. */
const drafts = { password: 'draft', encryptionKey: 'draft', oauthClientSecret: 'draft' };

type SecretSeen = Pick<OrgObservation, 'inputs' | 'startValues' | 'providedPassword'>;

/** As `plannedSecret`, before the database was read; undefined also if a person has to decide. */
export function plannedSecretOrNone(seen: SecretSeen): OrgSecretPlan | undefined {
  try {
    return plannedSecret(seen, false);
  } catch (error) {
    if (error instanceof PermanentError) return undefined;
    throw error;
  }
}

/**
 * What registration would do about the org's Secret.
 *
 * @param databaseHoldsCatalog whether the database has a table; read as admin, and only if the Secret has no key.
 * @throws PermanentError if a person has to decide, as for a lost encryption key of a database with a catalog.
 */
function plannedSecret(
  { inputs, startValues, providedPassword }: SecretSeen,
  databaseHoldsCatalog: boolean,
): OrgSecretPlan | undefined {
  if ('unknown' in startValues) return undefined;
  const { catalog, metadataStore } = inputs;
  const situation = {
    namespace: catalog.namespace,
    name: catalog.name,
    observed: startValues.value.secret,
    databaseHoldsCatalog,
    acceptNewEncryptionKey: false,
    drafts,
  };
  if (metadataStore.provisioning === 'admin') {
    const { postgresRole } = metadataStore;
    return planOrgSecret({ ...situation, credentials: { provisioning: 'admin', postgresRole } });
  }
  if (providedPassword === undefined || 'unknown' in providedPassword) return undefined;
  const { user } = metadataStore;
  const { value: password } = providedPassword;
  return planOrgSecret({ ...situation, credentials: { provisioning: 'preProvisioned', user, password } });
}

export function secretFindings(situation: Situation): Finding[] {
  const { observation } = situation;
  const { startValues, providedPassword, inside } = observation;
  if ('unknown' in startValues) return unknownFinding('Secret', startValues.unknown);
  if (providedPassword && 'unknown' in providedPassword)
    return unknownFinding('metadata store', providedPassword.unknown);
  const held = (inside && 'value' in inside && inside.value?.holdsTables) ?? false;
  return brokenIfPermanent('Secret', () => {
    const plan = plannedSecret(observation, held);
    if (plan === undefined || plan.action === 'none') return [];
    const kind = plan.action === 'create' ? 'createSecret' : 'updateSecret';
    const keys = plan.action === 'create' ? '' : ` (${Object.keys(plan.data).join(', ')})`;
    return pendingActions(situation, 'Secret', [`${planned({ kind, object: '' })}${keys}`]);
  });
}
