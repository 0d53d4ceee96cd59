import type { Connection } from '../../src/clients/postgres/connection.ts';
import { withClient } from '../../src/clients/postgres/postgres-client.ts';
import { applyActions, applyInside } from '../../src/registration/metadata-store/apply.ts';
import type {
  DesiredMetadataStore,
  MetadataStorePlan,
  ObservedInside,
} from '../../src/registration/metadata-store/metadata-store.ts';
import {
  observeInside,
  observeInsideAsAdmin,
  observeLogin,
  observeServer,
} from '../../src/registration/metadata-store/observe.ts';
import { planMetadataStore } from '../../src/registration/metadata-store/plan.ts';
import { withSession } from '../../src/registration/metadata-store/session.ts';
import { verifyInside } from '../../src/registration/metadata-store/verify-login.ts';

/**
 * What a registration does to the metadata store, attempt by attempt, without a Secret and a lock. @returns the kinds
 * of what was done.
 */
export async function ensureStore(admin: Connection, desired: DesiredMetadataStore): Promise<string[]> {
  const done: string[] = [];
  const onAction = ({ kind }: { readonly kind: string }) => done.push(kind);
  let asAdmin = false;
  for (let attempt = 0; attempt < 12; attempt++) {
    const { plan, areDone, login, inside } = await withSession(admin, 'NULL', async (client) => {
      const observed = await observe(admin, desired, asAdmin);
      const server = await observeServer(client, desired);
      const steps = planMetadataStore(desired, { server, ...observed });
      const areDone = await applyActions(client, admin, desired, steps.onServer, onAction);
      return { plan: steps, areDone, ...observed };
    });
    if (areDone) await applyInside(admin, desired, plan.inside, onAction);
    asAdmin = plan.isInsideUnknown;
    if (isSomething(plan) || !areDone) continue;
    if (login.outcome === 'refused') throw login.error;
    verifyInside(inside as ObservedInside, { database: desired.database, user: desired.postgresRole });
    return done;
  }
  throw new Error(`not as it should be after ${done.join(', ')}`);
}

function isSomething({ onServer, inside, isInsideUnknown }: MetadataStorePlan): boolean {
  return isInsideUnknown || onServer.length + inside.length > 0;
}

async function observe(admin: Connection, desired: DesiredMetadataStore, asAdmin: boolean) {
  const { database, postgresRole: user, password } = desired;
  const { login, inside } = await observeLogin(admin.to(database, { user, password }));
  return {
    login,
    inside: inside ?? (asAdmin ? await observeInsideAsAdmin(admin, desired) : undefined),
  };
}

/** Whether the migration will find what it needs with these credentials. @throws what it will not find. */
export async function verifyStore(asRole: Connection): Promise<void> {
  const inside = await withClient(asRole, (client) => observeInside(client, asRole.user));
  verifyInside(inside, asRole);
}
