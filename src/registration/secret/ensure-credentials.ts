import { orgLabel } from '../../catalog/names.ts';
import type { Connection } from '../../clients/postgres/connection.ts';
import type { OrgId } from '../../source/warehouse-record.ts';
import { replaceCatalogPods } from '../catalog/catalog-pods.ts';
import {
  createSecret,
  patchSecret,
  readLakekeeper,
  readSecret,
  type SecretObject,
  wakeOperator,
} from '../kubernetes-objects.ts';
import { ensureMetadataStore } from '../metadata-store/apply.ts';
import { holdsCatalog } from '../metadata-store/observe.ts';
import type { OrgLock } from '../metadata-store/org-lock.ts';
import type { MetadataStoreAction } from '../metadata-store/plan.ts';
import { proveLogin } from '../metadata-store/verify-login.ts';
import { newSecret } from '../random-secret.ts';
import type { Registration } from '../registration.ts';
import { resolveCredential } from '../resolve-credential.ts';
import { type OrgSecretPlan, planOrgSecret, podsToReplaceKey } from './org-secret.ts';

/**
 * The metadata store, then the Secret: the operator starts when the Secret appears, and a migration that fails then is final.
 * When somebody else wrote the Secret meanwhile, it is decided anew, by theirs.
 *
 * @param store login of the metadata store's admin, or of the role that was provided.
 * @returns whether the catalog's pods still run with former credentials.
 */
export async function ensureCredentials(
  registration: Registration,
  store: Connection,
  lock: OrgLock,
): Promise<{ readonly replacePods: boolean }> {
  const { sources, did } = registration;
  const at = addressOf(registration);
  for (;;) {
    const observed = await readSecret(sources.kubernetes, at);
    const plan = await planSecret(registration, store, observed);
    sources.redactions.add(plan.credentials.password);
    await prepareMetadataStore(registration, store, plan, lock);
    await lock.assertHeld();
    const { outcome, secret } = await writeSecret(registration, observed, plan);
    if (outcome === 'exists' || outcome === 'conflict') continue;
    if (outcome !== 'unchanged') did(secretAction(registration, plan));
    await wake(registration, secret);
    return plan;
  }
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

async function writeSecret(
  registration: Registration,
  observed: SecretObject | undefined,
  { action, data, annotations }: OrgSecretPlan,
) {
  const { inputs, sources } = registration;
  const at = addressOf(registration);
  if (observed === undefined)
    return createSecret(sources.kubernetes, {
      ...at,
      org: inputs.org,
      orgLabel: orgLabel(inputs.org as OrgId),
      data,
    });
  if (action === 'none') return { outcome: 'unchanged' as const, secret: observed };
  return patchSecret(sources.kubernetes, at, observed, { data, annotations });
}

async function wake(registration: Registration, { metadata }: SecretObject): Promise<void> {
  const { sources, did } = registration;
  const at = addressOf(registration);
  // In the arrangement `split` the custom resource comes later.
  if ((await readLakekeeper(sources.kubernetes, at)) === undefined) return;
  const outcome = await wakeOperator(sources.kubernetes, at, { secretVersion: metadata.resourceVersion });
  if (outcome === 'updated') did({ kind: 'wakeOperator', object: `${at.namespace}/${at.name}` });
}

/** Replaces the pods that run with former credentials: the operator does not do it when the Secret changes. */
export async function replacePods(registration: Registration): Promise<void> {
  const { sources, signal, did } = registration;
  const at = addressOf(registration);
  const object = `${at.namespace}/${at.name}`;
  const count = await replaceCatalogPods(sources.kubernetes, at, signal);
  did({ kind: 'replacePods', object, detail: `${count} with the former credentials` });
  const observed = await readSecret(sources.kubernetes, at);
  if (observed === undefined)
    throw new Error(`the Secret ${object} was deleted while the pods were replaced`);
  const { secret } = await patchSecret(sources.kubernetes, at, observed, {
    annotations: { [podsToReplaceKey]: null },
  });
  // The Secret has another version now: said here, so that the next run has nothing to say.
  await wakeOperator(sources.kubernetes, at, { secretVersion: secret.metadata.resourceVersion });
}
