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
  desiredStore,
  type ObservedCredentials,
  observeSecret,
  planSecret,
  type SecretDrafts,
} from './observe-credentials.ts';
import type { OrgSecretPlan } from './plan.ts';

/** The result of one attempt at metadata store and Secret. */
export type EnsuredCredentials =
  /** Both are in order. `secret` is the current one. */
  | { readonly outcome: 'done'; readonly secret: SecretObject }
  /** This run or another one has changed something: observe again. */
  | { readonly outcome: 'changed' }
  /** The role cannot log in to an existing database: the admin has to observe its inside. */
  | { readonly outcome: 'insideUnknown' }
  /** Actions are left inside the database, which need another session. Then observe again. */
  | {
      readonly outcome: 'inside';
      readonly desired: DesiredMetadataStore;
      readonly actions: readonly InsideAction[];
    }
  /** Another run is about to write the Secret with a password of its own: wait. */
  | { readonly outcome: 'contended' };

/**
 * Ensures the metadata store, then the Secret: the operator starts when the Secret appears, and does not retry a
 * failed migration. Password and Secret are written without releasing the lock between them, so that both are of the
 * same run.
 *
 * @param store the connection of the lock's session: the login of the admin, or of the provided role.
 * @param observed before the lock was taken. It is used only if the Secret has not changed since.
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
    return await ensureStoreAndSecret(isCurrent, registration, store, lock, observed, drafts);
  } catch (error) {
    // Another run may have changed what the error is about.
    if (error instanceof PermanentError && !(await isCurrent())) return { outcome: 'changed' };
    throw error;
  }
}

async function ensureStoreAndSecret(
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

  const { database, postgresRole } = metadataStore;
  const desired = desiredStore(metadataStore, registration.inputs, observed);
  const server = await observeServer(lock.client, desired);
  const { login, inside } = observed;
  const {
    onServer,
    inside: actions,
    isInsideUnknown,
  } = planMetadataStore(desired, { server, login, inside });
  // Planned before anything is written, because it may refuse.
  const plan = isInsideUnknown
    ? undefined
    : await planSecret(registration, observed.values.secret, drafts, inside?.holdsTables ?? false);
  const isRefusedAgain =
    login.outcome === 'refused' && login.sqlstate === '28P01' && drafts.setPassword === desired.password;
  const isAnotherRunActive = isRefusedAgain || (lock.waited && server.role !== undefined);
  if (observed.draft.isNewPassword && isAnotherRunActive) {
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
  if (plan === undefined) return { outcome: 'insideUnknown' };
  if (onServer.length > 0) return { outcome: 'changed' };
  if (login.outcome === 'refused') throw login.error;
  verifyInside(inside as ObservedInside, { database, user: postgresRole });
  if (plan.isNewPassword) {
    // A run that ended meanwhile may have written the Secret: its password is the role's.
    if (!lock.waited && !(await isCurrent())) return { outcome: 'changed' };
    // Another run may have set its own password since this one was tried.
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
