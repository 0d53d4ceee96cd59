import type { Connection } from '../../clients/postgres/connection.ts';
import type { RegistrationAction } from '../actions.ts';
import { observeInside, observeInsideAsAdmin, observeServer } from '../metadata-store/observe.ts';
import { planMetadataStore } from '../metadata-store/plan.ts';
import { withSession } from '../metadata-store/session.ts';
import { verifyInside } from '../metadata-store/verify-login.ts';
import type { Registration } from '../registration.ts';
import { metadataStoreAction, secretAction } from './ensure-credentials.ts';
import {
  desiredStore,
  type ObservedCredentials,
  observeCredentials,
  planSecret,
  SecretDrafts,
} from './observe-credentials.ts';
import type { OrgSecretPlan } from './plan.ts';

export interface PlannedCredentials {
  readonly actions: readonly RegistrationAction[];
  readonly observed: ObservedCredentials;
  readonly secret: OrgSecretPlan;
}

/**
 * The actions of `ensureCredentials`, as far as they are known. Takes no lock and writes nothing.
 *
 * @throws as `ensureCredentials`.
 */
export async function planCredentials(
  registration: Registration,
  store: Connection,
): Promise<PlannedCredentials> {
  const { metadataStore } = registration.inputs;
  const drafts = new SecretDrafts();
  const observed = await observeCredentials(registration, store, drafts, { asAdmin: false });
  if (metadataStore.provisioning === 'preProvisioned') {
    const inside = await withSession(store, 'NULL', (client) => observeInside(client, metadataStore.user));
    verifyInside(inside, metadataStore);
    const plan = await planSecret(registration, observed.values.secret, drafts, inside.holdsTables);
    return { actions: written(registration, plan), observed, secret: plan };
  }
  const { database, postgresRole } = metadataStore;
  const desired = desiredStore(metadataStore, registration.inputs, observed);
  const server = await withSession(store, 'NULL', (client) => observeServer(client, desired));
  const { login } = observed;
  let { inside } = observed;
  let steps = planMetadataStore(desired, { server, login, inside });
  if (steps.isInsideUnknown && steps.onServer.length === 0) {
    inside = await observeInsideAsAdmin(store, desired);
    steps = planMetadataStore(desired, { server, login, inside });
  }
  const holdsTables = inside?.holdsTables ?? false;
  const plan = await planSecret(registration, observed.values.secret, drafts, holdsTables);
  const isInOrder = steps.onServer.length + steps.inside.length === 0;
  if (isInOrder && login.outcome === 'refused') throw login.error;
  if (isInOrder && inside !== undefined) verifyInside(inside, { database, user: postgresRole });
  const actions = [...steps.onServer, ...steps.inside].map(metadataStoreAction);
  return { actions: [...actions, ...written(registration, plan)], observed, secret: plan };
}

function written(registration: Registration, plan: OrgSecretPlan): RegistrationAction[] {
  return plan.action === 'none' ? [] : [secretAction(registration, plan)];
}
