import { secretKeys } from '../../catalog/catalog.ts';
import { cloudIdentityFor } from '../../catalog/cloud-identity.ts';
import { enforcedAuthentication } from '../../catalog/worker-login.ts';
import { connectLakekeeper, type Lakekeeper } from '../../clients/lakekeeper/lakekeeper-client.ts';
import type { LakekeeperAccess } from '../../clients/lakekeeper/lakekeeper-request.ts';
import { isEnforcementApplied } from '../authentication/observe-rollout.ts';
import { loginToMetadataStore } from '../metadata-store/admin-connection.ts';
import type { LakekeeperObject } from '../objects/operator-objects.ts';
import { decodeSecretValue, readSecret, type SecretObject } from '../objects/secret-objects.ts';
import type { Registration } from '../registration.ts';
import { isRegisteredRecord } from '../row/plan.ts';
import { addressOf } from '../secret/ensure-credentials.ts';
import { sentCredentialsInSecret } from '../secret/sent-credential.ts';
import { startValuesChangedAt } from '../secret/start-values.ts';
import { bootstrapServer } from './bootstrap/apply.ts';
import { planBootstrap } from './bootstrap/plan.ts';
import { notePods } from './note-pods.ts';
import { type ObservedServer, observeConfig, observeServer } from './proof/observe.ts';
import { verifyRefusals } from './proof/refused-tokens.ts';
import { type ExpectedCatalog, verifyCatalog } from './proof/verify-catalog.ts';
import { verifyWorkerRights } from './proof/worker-rights.ts';
import { awaitCatalog } from './roll-out/apply.ts';
import { type CatalogAddress, observeCatalog } from './roll-out/observe.ts';
import { isSameRollOut, planCatalog, type SettledCriteria } from './roll-out/plan.ts';
import {
  type EnsureWarehouse,
  ensureWarehouse,
  type ProjectCreation,
  type WarehousePorts,
} from './warehouse/ensure-warehouse.ts';
import type { WarehouseAction } from './warehouse/plan.ts';
import { resolveStorageCredential } from './warehouse/storage-credential.ts';
import { readStoredWarehouses, type StoredWarehouse } from './warehouse/stored-warehouses.ts';

/**
 * Waits until the catalog is settled (`awaitCatalog`). This may take minutes, so the caller must hold neither the
 * lock nor a session of Postgres.
 *
 * @param secret the org's current Secret. Pods that are older than its last change are replaced.
 */
export async function awaitSettledCatalog(registration: Registration, secret: SecretObject): Promise<void> {
  const { sources, log, signal, onAction } = registration;
  await awaitCatalog(
    sources.kubernetes,
    catalogAddress(registration),
    settledCriteria(registration, startValuesChangedAt(secret)),
    {
      signal,
      onAction,
      progress: (seen) => log.info('waiting for the catalog', { step: 'bootstrap', seen }),
    },
  );
}

/**
 * Creates or corrects the warehouse of a settled catalog, and verifies the catalog. The answers of a catalog during a
 * roll-out are not used: a former pod may have given them.
 *
 * @returns `rolling out` if the catalog was not settled, before or after: wait for it and try again.
 */
export async function ensureCatalog(
  registration: Registration,
  secret: SecretObject,
): Promise<VerifiedServer | 'rolling out'> {
  const { kubernetes } = registration.sources;
  const criteria = settledCriteria(registration, startValuesChangedAt(secret));
  const before = await observeCatalog(kubernetes, catalogAddress(registration));
  if (planCatalog(before, criteria).kind !== 'settled') return 'rolling out';
  await notePods(registration, secret, before, criteria);
  try {
    return await ensureVerified(registration, secret, before.lakekeeper);
  } catch (error) {
    registration.signal.throwIfAborted();
    const after = await observeCatalog(kubernetes, catalogAddress(registration));
    if (isSameRollOut(before, after)) throw error;
    return 'rolling out';
  }
}

/** Whether the server accepts requests without a token. */
export type VerifiedServer = 'open' | 'enforces';

export function verifiedServer({ anonymous }: ObservedServer): VerifiedServer {
  return anonymous === 'open' ? 'open' : 'enforces';
}

/** The server is verified first, before it receives a credential. */
async function ensureVerified(
  registration: Registration,
  secret: SecretObject,
  resource: LakekeeperObject | undefined,
): Promise<VerifiedServer> {
  const { inputs, onAction } = registration;
  const lakekeeper = openLakekeeper(registration);
  const server = await observeServer(lakekeeper, { asksWithToken: hasAuthentication(registration) });
  const expected = expectedCatalog(registration, resource, await registration.row.recorded());
  verifyCatalog(expected, server);
  const bootstrapsNext = planBootstrap(server.info, hasAuthentication(registration));
  if (bootstrapsNext === 'operator') throw new Error('the operator has not bootstrapped the catalog yet');
  if (bootstrapsNext === 'registration' && (await bootstrapServer(lakekeeper)) === 'bootstrapped')
    onAction({ kind: 'bootstrapServer', object: inputs.catalog.serverURL });
  const ports = warehousePorts(registration, lakekeeper, secret);
  const warehouse = await ensureWarehouse(warehouseForServer(await wantedWarehouse(registration), server), {
    ...ports,
    onAction: (action) => onAction(warehouseAction(action)),
  });
  const config = await observeConfig(lakekeeper, warehouse.name);
  verifyCatalog(expected, { ...server, warehouse, config });
  // `isInOrder` does not repeat this for an org in order: it needs more requests.
  if (server.anonymous === 'refused') {
    const access = lakekeeperAccess(registration);
    await verifyRefusals(access);
    await verifyWorkerRights(registration, access, warehouse);
  }
  return verifiedServer(server);
}

export function catalogAddress(registration: Registration): CatalogAddress {
  return { ...addressOf(registration), migrationJob: registration.inputs.catalog.migrationJob };
}

export function settledCriteria(
  registration: Pick<Registration, 'inputs'>,
  startValuesChangedAt: number,
): SettledCriteria {
  // With authentication, the operator has no token and cannot see that the server is bootstrapped.
  const operatorReports = hasAuthentication(registration) ? 'ready' : 'bootstrapped';
  return { operatorReports, startValuesChangedAt };
}

/** Whether the settings ask for a server that refuses requests without a token. */
export function hasAuthentication({ inputs }: Pick<Registration, 'inputs'>): boolean {
  return enforcedAuthentication(inputs.authentication) !== undefined;
}

export function openLakekeeper(registration: Registration): Lakekeeper {
  return connectLakekeeper(lakekeeperAccess(registration));
}

export function lakekeeperAccess(registration: Registration): LakekeeperAccess {
  const { inputs, sources, log, signal, token, serverURL } = registration;
  let lastMessage = '';
  return {
    serverURL: serverURL ?? inputs.catalog.serverURL,
    token: hasAuthentication(registration) ? token : async () => undefined,
    redactions: sources.redactions,
    signal,
    onRetry: ({ message }) => {
      if (message !== lastMessage)
        log.info('waiting for the server of the catalog', { step: 'warehouse', seen: message });
      lastMessage = message;
    },
  };
}

export async function wantedWarehouse({ inputs, sources }: Registration): Promise<WantedWarehouse> {
  const { name, dataStore, managedBy, mustExist } = inputs.lakekeeperWarehouse;
  const credential = await resolveStorageCredential(dataStore, sources);
  return { name, dataStore, managedBy, mustExist, credential };
}
type WantedWarehouse = Omit<EnsureWarehouse, 'defaultProject'>;

/** A server without authentication has no instance admins. */
export function warehouseForServer(
  wanted: WantedWarehouse,
  { anonymous, info }: ObservedServer,
): EnsureWarehouse {
  const managedBy = anonymous === 'refused' ? wanted.managedBy : undefined;
  return { ...wanted, managedBy, defaultProject: info?.defaultProject };
}

export function warehousePorts(
  registration: Registration,
  lakekeeper: Lakekeeper,
  secret?: SecretObject,
): WarehousePorts {
  const { sources } = registration;
  return {
    lakekeeper,
    sentCredentials: sentCredentialsInSecret(sources.kubernetes, addressOf(registration), secret),
    storedWarehouses: () => storedWarehouses(registration),
  };
}

/** With the catalog's own login: the admin of the metadata store may have no right on its tables. */
async function storedWarehouses(registration: Registration): Promise<StoredWarehouse[]> {
  const { inputs, sources, signal } = registration;
  const { data = {} } = (await readSecret(sources.kubernetes, addressOf(registration))) ?? {};
  const user = decodeSecretValue(data[secretKeys.user] ?? '') ?? '';
  const password = sources.redactions.add(decodeSecretValue(data[secretKeys.password] ?? '') ?? '');
  const store = await loginToMetadataStore(inputs, sources, signal);
  return readStoredWarehouses(store.to(inputs.metadataStore.database, { user, password }));
}

export function warehouseAction(action: WarehouseAction | ProjectCreation) {
  const detail = 'differences' in action ? { detail: action.differences.join('; ') } : {};
  return { kind: action.kind, object: action.name, ...detail };
}

/**
 * What the catalog is verified against.
 *
 * @param resource the custom resource. Until authentication is applied with it, the server of a registered org may be
 * with or without authentication.
 * @param recorded the columns of the org's registration.
 */
export function expectedCatalog(
  registration: Pick<Registration, 'inputs'>,
  resource: LakekeeperObject | undefined,
  recorded: Readonly<Record<string, unknown>> | undefined,
): ExpectedCatalog {
  const { inputs } = registration;
  const { authentication, catalog, lakekeeperWarehouse } = inputs;
  const isHeldBack = !isEnforcementApplied(inputs, resource) && isRegisteredRecord(recorded ?? {});
  return {
    authentication: hasAuthentication(registration) ? (isHeldBack ? 'any' : authentication.mode) : 'none',
    catalogEndpoint: catalog.catalogEndpoint,
    systemIdentity: cloudIdentityFor(lakekeeperWarehouse.dataStore)?.cloud,
    image: catalog.image,
  };
}
