import { planned } from '../registration/actions.ts';
import { type OrgSecretPlan, planOrgSecret } from '../registration/secret/plan.ts';
import { PermanentError } from '../text/errors.ts';
import type { OrgObservation } from './observation.ts';
import { brokenIfPermanent, pendingActions, registerCommand, type Situation, unknown } from './situation.ts';
import type { Finding } from './verdict.ts';

/** Nothing is written with them. */
const drafts = { password: 'draft', encryptionKey: 'draft', oauthClientSecret: 'draft' };

type SecretSeen = Pick<OrgObservation, 'inputs' | 'startValues' | 'providedPassword'>;

/** As `plannedSecret`, before it is known what the database holds; undefined also where a person has to decide. */
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
 * @param held whether the database has a table; read as admin, and only if the Secret has no key.
 * @throws PermanentError when a person has to decide: a lost key over data.
 */
export function plannedSecret(
  { inputs, startValues, providedPassword }: SecretSeen,
  held: boolean,
): OrgSecretPlan | undefined {
  if ('unknown' in startValues) return undefined;
  const { catalog, metadataStore } = inputs;
  const given = { namespace: catalog.namespace, name: catalog.name, observed: startValues.value.secret };
  if (metadataStore.provisioning === 'admin') {
    const { postgresRole } = metadataStore;
    const credentials = { provisioning: 'admin', postgresRole } as const;
    return planOrgSecret({
      ...given,
      databaseHoldsCatalog: held,
      acceptNewEncryptionKey: false,
      credentials,
      drafts,
    });
  }
  if (providedPassword === undefined || 'unknown' in providedPassword) return undefined;
  const credentials = {
    provisioning: 'preProvisioned',
    user: metadataStore.user,
    password: providedPassword.value,
  } as const;
  return planOrgSecret({
    ...given,
    databaseHoldsCatalog: held,
    acceptNewEncryptionKey: false,
    credentials,
    drafts,
  });
}

export function secretFindings(situation: Situation): Finding[] {
  const { observation } = situation;
  const { startValues, providedPassword, inside, inputs } = observation;
  if ('unknown' in startValues) return unknown('Secret', startValues.unknown);
  if (providedPassword && 'unknown' in providedPassword)
    return unknown('metadata store', providedPassword.unknown);
  const held = (inside && 'value' in inside && inside.value?.holdsTables) ?? false;
  return brokenIfPermanent('Secret', registerCommand(inputs.org), () => {
    const plan = plannedSecret(observation, held);
    if (plan === undefined || plan.action === 'none') return [];
    const kind = plan.action === 'create' ? 'createSecret' : 'updateSecret';
    const keys = plan.action === 'create' ? '' : ` (${Object.keys(plan.data).join(', ')})`;
    return pendingActions(situation, 'Secret', [`${planned({ kind, object: '' })}${keys}`]);
  });
}
