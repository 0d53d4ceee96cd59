import { orgLabel } from '../../catalog/names.ts';
import type { Connection } from '../../clients/postgres/connection.ts';
import type { OrgId } from '../../source/warehouse-record.ts';
import { PermanentError } from '../../text/errors.ts';
import { applyActions } from '../metadata-store/apply.ts';
import type {
  DesiredMetadataStore,
  InsideAction,
  MetadataStoreAction,
  ObservedInside,
} from '../metadata-store/metadata-store.ts';
import { observeInside, observeServer } from '../metadata-store/observe.ts';
import type { OrgLock } from '../metadata-store/org-lock.ts';
import { planMetadataStore } from '../metadata-store/plan.ts';
import { verifyInside } from '../metadata-store/verify-login.ts';
import type { SecretObject } from '../objects/secret-objects.ts';
import type { Registration } from '../registration.ts';
import { applySecret } from './apply.ts';
import {
  type ObservedCredentials,
  observeSecret,
  planSecret,
  type SecretDrafts,
} from './observe-credentials.ts';
import type { OrgSecretPlan } from './plan.ts';

/** What there is to say once the metadata store is right, as far as the lock's session reaches. */
export type EnsuredCredentials =
  /** The Secret as it is now. */
  | { readonly outcome: 'done'; readonly secret: SecretObject }
  /** Something has changed, by us or by others: all has to be observed again. */
  | { readonly outcome: 'changed' }
  /** The role cannot log in to a database that is there: the admin has to observe what is inside. */
  | { readonly outcome: 'unseen' }
  /** The rest is done inside of the database, by a session of its own; then all has to be observed again. */
  | {
      readonly outcome: 'inside';
      readonly desired: DesiredMetadataStore;
      readonly actions: readonly InsideAction[];
    }
  /** Another run is about to write the Secret, with a password of its own: it is left alone for a moment. */
  | { readonly outcome: 'contended' };

/**
 * The metadata store, then the Secret: the operator starts when the Secret appears, and a migration that fails
 * then is final. Password and Secret are written under one hold of the lock, so that of two runs one decides
 * both.
 *
 * @param store what the lock's session is connected to: the login of the admin, or of the role that was provided.
 * @param observed before the lock was taken. What is written rests on it only when the Secret is still that one.
 */
export async function ensureCredentials(
  registration: Registration,
  store: Connection,
  lock: OrgLock,
  observed: ObservedCredentials,
  drafts: SecretDrafts,
): Promise<EnsuredCredentials> {
  const isCurrent = async () => {
    const { secret } = await observeSecret(registration);
    return secret?.metadata.resourceVersion === observed.values.secret?.metadata.resourceVersion;
  };
  if (lock.waited && !(await isCurrent())) return { outcome: 'changed' };
  try {
    return await ensureWhile(isCurrent, registration, store, lock, observed, drafts);
  } catch (error) {
    // A person would be asked about what another run has changed since.
    if (error instanceof PermanentError && !(await isCurrent())) return { outcome: 'changed' };
    throw error;
  }
}

async function ensureWhile(
  isCurrent: () => Promise<boolean>,
  registration: Registration,
  store: Connection,
  lock: OrgLock,
  observed: ObservedCredentials,
  drafts: SecretDrafts,
): Promise<EnsuredCredentials> {
  const { metadataStore } = registration.inputs;
  if (metadataStore.provisioning === 'preProvisioned') {
    const inside = await observeInside(lock.client, metadataStore.user);
    verifyInside(inside, metadataStore);
    const plan = await planSecret(registration, observed.values.secret, drafts, inside.holdsTables);
    return writeSecret(registration, lock, observed, plan);
  }

  const { database, postgresRole, passwords } = metadataStore;
  const desired = { database, postgresRole, passwords, password: observed.draft.credentials.password };
  const server = await observeServer(lock.client, desired);
  const { login, inside } = observed;
  const { onServer, inside: actions, isUnseen } = planMetadataStore(desired, { server, login, inside });
  // Before anything is touched: it may refuse.
  const plan = isUnseen
    ? undefined
    : await planSecret(registration, observed.values.secret, drafts, inside?.holdsTables ?? false);
  const isRefusedAgain =
    login.outcome === 'refused' && login.sqlstate === '28P01' && drafts.setPassword === desired.password;
  const othersAreAtWork = isRefusedAgain || (lock.waited && server.role !== undefined);
  if (observed.draft.isNewPassword && othersAreAtWork) {
    drafts.setPassword = undefined;
    return { outcome: 'contended' };
  }
  if (isRefusedAgain) throw login.error;
  if (onServer.length > 0) {
    if (!lock.waited && !(await isCurrent())) return { outcome: 'changed' };
    const areDone = await applyActions(lock.client, store, desired, onServer, (action) => {
      if (action.kind === 'createRole' || action.kind === 'setPassword')
        drafts.setPassword = desired.password;
      registration.onAction(metadataStoreAction(action));
    });
    if (!areDone) return { outcome: 'changed' };
  }
  if (actions.length > 0) return { outcome: 'inside', desired, actions };
  if (plan === undefined) return { outcome: 'unseen' };
  if (onServer.length > 0) return { outcome: 'changed' };
  if (login.outcome === 'refused') throw login.error;
  verifyInside(inside as ObservedInside, { database, user: postgresRole });
  if (plan.isNewPassword) {
    // Another run may have set its own one since the proof of this one.
    await applyActions(lock.client, store, desired, [{ kind: 'setPassword', postgresRole }]);
  }
  return writeSecret(registration, lock, observed, plan);
}

async function writeSecret(
  registration: Registration,
  lock: OrgLock,
  { values }: ObservedCredentials,
  plan: OrgSecretPlan,
): Promise<EnsuredCredentials> {
  const { inputs, sources, onAction } = registration;
  const address = { ...addressOf(registration), org: inputs.org, orgLabel: orgLabel(inputs.org as OrgId) };
  if (plan.action !== 'none') await lock.assertHeld();
  const written = await applySecret(sources.kubernetes, address, values, plan);
  if (written.outcome === 'conflict') return { outcome: 'changed' };
  if (written.outcome === 'written') onAction(secretAction(registration, plan));
  if (written.outcome === 'noted') onAction(noteAction(registration));
  return { outcome: 'done', secret: written.secret };
}

export function secretAction({ inputs }: Registration, { action, data, labels }: OrgSecretPlan) {
  const object = `${inputs.catalog.namespace}/${inputs.catalog.name}`;
  const kind = action === 'create' ? ('createSecret' as const) : ('updateSecret' as const);
  return { kind, object, detail: Object.keys({ ...data, ...labels }).join(', ') };
}

export function noteAction({ inputs }: Registration) {
  const object = `${inputs.catalog.namespace}/${inputs.catalog.name}`;
  return { kind: 'noteChange' as const, object, detail: 'pods that are older are replaced' };
}

export function metadataStoreAction(action: MetadataStoreAction) {
  const object = 'database' in action ? action.database : action.postgresRole;
  return { kind: action.kind, object, ...('extension' in action && { detail: action.extension }) };
}

export function addressOf({ inputs }: Registration): { namespace: string; name: string } {
  const { namespace, name } = inputs.catalog;
  return { namespace, name };
}
