import { orgLabel } from '../../catalog/names.ts';
import type { Connection } from '../../clients/postgres/connection.ts';
import type { OrgId } from '../../source/warehouse-record.ts';
import type { SecretObject } from '../kubernetes-objects.ts';
import { ensureMetadataStore } from '../metadata-store/apply.ts';
import { holdsCatalog } from '../metadata-store/observe.ts';
import type { OrgLock } from '../metadata-store/org-lock.ts';
import type { MetadataStoreAction } from '../metadata-store/plan.ts';
import { proveLogin } from '../metadata-store/verify-login.ts';
import { newSecret } from '../random-secret.ts';
import type { Registration } from '../registration.ts';
import { resolveCredential } from '../resolve-credential.ts';
import { applySecret } from './apply.ts';
import { type ObservedStartValues, observeStartValues } from './observe.ts';
import { type OrgSecretPlan, planOrgSecret } from './plan.ts';

/**
 * The metadata store, then the Secret: the operator starts when the Secret appears, and a migration that fails then is final.
 * When somebody else wrote the Secret meanwhile, it is decided anew, by theirs.
 *
 * @param store login of the metadata store's admin, or of the role that was provided.
 * @returns the org's Secret as it is now.
 */
export async function ensureCredentials(
  registration: Registration,
  store: Connection,
  lock: OrgLock,
): Promise<SecretObject> {
  const { inputs, sources, did } = registration;
  const address = { ...addressOf(registration), org: inputs.org, orgLabel: orgLabel(inputs.org as OrgId) };
  for (;;) {
    const observed = await observeSecret(registration);
    const plan = await planSecret(registration, store, observed.secret);
    for (const secret of plan.secrets) sources.redactions.add(secret);
    await prepareMetadataStore(registration, store, plan, lock);
    await lock.assertHeld();
    const written = await applySecret(sources.kubernetes, address, observed, plan);
    if (written.outcome === 'conflict') continue;
    if (written.outcome === 'written') did(secretAction(registration, plan));
    if (written.outcome === 'noted') did(noteAction(registration));
    return written.secret;
  }
}

export function observeSecret(registration: Registration): Promise<ObservedStartValues> {
  const { inputs, sources } = registration;
  return observeStartValues(sources.kubernetes, addressOf(registration), inputs.catalog.amendments);
}

/** What is to be done about the org's Secret, from what is there. */
export async function planSecret(
  { inputs, sources, acceptNewEncryptionKey }: Registration,
  store: Connection,
  observed: SecretObject | undefined,
): Promise<OrgSecretPlan> {
  const { metadataStore, catalog } = inputs;
  return planOrgSecret({
    namespace: catalog.namespace,
    name: catalog.name,
    observed,
    databaseHoldsCatalog: await holdsCatalog(store, metadataStore.database),
    acceptNewEncryptionKey,
    credentials:
      metadataStore.provisioning === 'admin'
        ? { provisioning: 'admin', postgresRole: metadataStore.postgresRole }
        : {
            provisioning: 'preProvisioned',
            user: metadataStore.user,
            password: await resolveCredential(metadataStore.password, sources),
          },
    generate: { password: newSecret, encryptionKey: newSecret, oauthClientSecret: newSecret },
  });
}

export function secretAction({ inputs }: Registration, { action, data }: OrgSecretPlan) {
  const object = `${inputs.catalog.namespace}/${inputs.catalog.name}`;
  const kind = action === 'create' ? ('createSecret' as const) : ('updateSecret' as const);
  return { kind, object, detail: Object.keys(data).join(', ') };
}

export function noteAction({ inputs }: Registration) {
  const object = `${inputs.catalog.namespace}/${inputs.catalog.name}`;
  return { kind: 'noteChange' as const, object, detail: 'pods that are older are replaced' };
}

export function metadataStoreAction(action: MetadataStoreAction) {
  return { kind: action.kind, object: 'database' in action ? action.database : action.postgresRole };
}

export function addressOf({ inputs }: Registration): { namespace: string; name: string } {
  const { namespace, name } = inputs.catalog;
  return { namespace, name };
}

async function prepareMetadataStore(
  { inputs, did }: Registration,
  store: Connection,
  { credentials }: OrgSecretPlan,
  lock: OrgLock,
): Promise<void> {
  const { metadataStore } = inputs;
  if (metadataStore.provisioning === 'admin') {
    const { database, postgresRole } = metadataStore;
    const desired = { database, postgresRole, password: credentials.password };
    await ensureMetadataStore(store, desired, lock, (action) => did(metadataStoreAction(action)));
  }
  await proveLogin(store.to(metadataStore.database, credentials));
}
