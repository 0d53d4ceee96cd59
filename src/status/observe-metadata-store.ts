import { withClient } from '../clients/postgres/postgres-client.ts';
import { loginToMetadataStore } from '../registration/metadata-store/admin-connection.ts';
import type { ObservedInside } from '../registration/metadata-store/metadata-store.ts';
import { observeInside, observeLogin } from '../registration/metadata-store/observe.ts';
import { resolveCredential } from '../registration/resolve-credential.ts';
import { type FleetObservation, storeServerOf } from './fleet-observation.ts';
import type { OrgObservation } from './observation.ts';
import { type StoreServer, storeOf } from './observe-stores.ts';
import { type Observed, observe } from './observed.ts';
import type { OrgPorts } from './org-ports.ts';
import { plannedSecretOrNone } from './secret-findings.ts';

type Seen = Pick<OrgObservation, 'inputs' | 'startValues'>;
type StoreObservation = Pick<OrgObservation, 'providedPassword' | 'store' | 'login' | 'inside'>;

/**
 * Database and role of an org: a login as the catalog's role, with one statement in a read-only transaction. If that
 * login fails, the admin reads the database.
 */
export async function observeMetadataStore(
  seen: Seen,
  fleet: FleetObservation,
  ports: OrgPorts,
): Promise<StoreObservation> {
  const { metadataStore } = seen.inputs;
  if (metadataStore.provisioning === 'preProvisioned') return observeProvided(seen, ports);
  const server = storeServerOf(fleet, seen.inputs);
  const secret = plannedSecretOrNone(seen);
  if (server === undefined || 'unknown' in seen.startValues) return {};
  if ('unknown' in server) return { store: server };
  const { connection, ...rest } = server.value;
  const store = { value: storeOf({ ...rest, connection }, metadataStore) };
  const { database } = store.value;
  if (database === undefined) return { store };
  const hasPassword = secret !== undefined && !secret.isNewPassword;
  for (const value of secret?.secrets ?? []) ports.sources.redactions.add(value);
  const login = hasPassword
    ? await observeLogin(connection.to(metadataStore.database, secret.credentials))
    : { login: { outcome: 'untried' } as const, inside: undefined };
  const inside =
    login.inside === undefined ? await insideAsAdmin(server.value, metadataStore) : { value: login.inside };
  return { store, login: login.login, inside };
}

function insideAsAdmin(
  { connection }: StoreServer,
  { database, postgresRole }: { readonly database: string; readonly postgresRole: string },
): Promise<Observed<ObservedInside | undefined>> {
  return observe(() => withClient(connection.to(database), (client) => observeInside(client, postgresRole)));
}

async function observeProvided({ inputs }: Seen, { sources, signal }: OrgPorts): Promise<StoreObservation> {
  const { metadataStore } = inputs;
  if (metadataStore.provisioning === 'admin') return {};
  const providedPassword = await observe(() => resolveCredential(metadataStore.password, sources));
  if ('unknown' in providedPassword) return { providedPassword };
  const store = await observe(() => loginToMetadataStore(inputs, sources, signal));
  if ('unknown' in store) return { providedPassword, inside: store };
  const { login, inside } = await observeLogin(store.value);
  return { providedPassword, login, inside: { value: inside } };
}
