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
import { saysRegistered } from '../row/plan.ts';
import { addressOf } from '../secret/ensure-credentials.ts';
import { startValuesChangedAt } from '../secret/start-values.ts';
import { sentCredentialsInSecret } from '../secret/stored-fingerprint.ts';
import { bootstrapServer } from './bootstrap/apply.ts';
import { planBootstrap } from './bootstrap/plan.ts';
import { notePods } from './note-pods.ts';
import { type ObservedServer, observeConfig, observeServer } from './proof/observe.ts';
import { verifyRefusals } from './proof/refused-tokens.ts';
import { type ExpectedCatalog, verifyCatalog } from './proof/verify-catalog.ts';
import { verifyWorkerRights } from './proof/worker-rights.ts';
import { awaitCatalog } from './roll-out/apply.ts';
import { type CatalogAddress, type ObservedCatalog, observeCatalog } from './roll-out/observe.ts';
import { isSameRollOut, planCatalog, type SettledMeans } from './roll-out/plan.ts';
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
 * Waits until what the catalog answers counts (`awaitCatalog`). Long: nothing that others need may be held meanwhile.
 *
 * @param secret the org's Secret as it is: pods that are older than its last change are replaced.
 */
export async function awaitSettledCatalog(
  registration: Registration,
  secret: SecretObject,
): Promise<ObservedCatalog> {
  const { sources, log, signal, onAction } = registration;
  return awaitCatalog(
    sources.kubernetes,
    catalogAddress(registration),
    settledMeans(registration, startValuesChangedAt(secret)),
    {
      signal,
      onAction,
      progress: (seen) => log.info('waiting for the catalog', { step: 'bootstrap', seen }),
    },
  );
}

/**
 * Makes the warehouse of a catalog that is settled, and verifies that what is to be recorded works and is
 * protected. What a catalog answers while it rolls out says nothing: neither that something is wrong, nor that
 * all is well.
 *
 * @returns the server, open or not; `rolling out`: it was not settled, or did not stay so; await it, and begin again.
 */
export async function ensureCatalog(
  registration: Registration,
  secret: SecretObject,
): Promise<VerifiedServer | 'rolling out'> {
  const { kubernetes } = registration.sources;
  const means = settledMeans(registration, startValuesChangedAt(secret));
  const before = await observeCatalog(kubernetes, catalogAddress(registration));
  if (planCatalog(before, means).kind !== 'settled') return 'rolling out';
  await notePods(registration, secret, before, means);
  try {
    return await ensureVerified(registration, secret, before.lakekeeper);
  } catch (error) {
    registration.signal.throwIfAborted();
    const after = await observeCatalog(kubernetes, catalogAddress(registration));
    if (isSameRollOut(before, after)) throw error;
    return 'rolling out';
  }
}

/** Whether requests without a token are answered. */
export type VerifiedServer = 'open' | 'enforces';

export function verifiedServer({ anonymous }: ObservedServer): VerifiedServer {
  return anonymous === 'open' ? 'open' : 'enforces';
}

/** What the server says of itself is verified before it is given a credential. */
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
  const warehouse = await ensureWarehouse(forServer(await wantedWarehouse(registration), server), {
    ...ports,
    onAction: (action) => onAction(warehouseAction(action)),
  });
  const config = await observeConfig(lakekeeper, warehouse.name);
  verifyCatalog(expected, { ...server, warehouse, config });
  // Of an org in order this is not proven again: it costs requests.
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

export function settledMeans(
  registration: Pick<Registration, 'inputs'>,
  startValuesChangedAt: number,
): SettledMeans {
  // With authentication on the operator, which has no token, never sees that the server is bootstrapped.
  const operatorSaw = hasAuthentication(registration) ? 'ready' : 'bootstrapped';
  return { operatorSaw, startValuesChangedAt };
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
  const { name, dataStore, managedBy } = inputs.lakekeeperWarehouse;
  return { name, dataStore, managedBy, credential: await resolveStorageCredential(dataStore, sources) };
}
type WantedWarehouse = Omit<EnsureWarehouse, 'defaultProject'>;

/** An open server knows nobody, and so no instance admin. */
export function forServer(wanted: WantedWarehouse, { anonymous, info }: ObservedServer): EnsureWarehouse {
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

/** By the login of the catalog itself: the metadata store's admin may have no right on its tables. */
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
 * @param resource the custom resource: until authentication is applied with it, the server of a registered org may be
 * open or not.
 * @param recorded what the row says of a registration.
 */
export function expectedCatalog(
  registration: Pick<Registration, 'inputs'>,
  resource: LakekeeperObject | undefined,
  recorded: Readonly<Record<string, unknown>> | undefined,
): ExpectedCatalog {
  const { inputs } = registration;
  const { authentication, catalog, lakekeeperWarehouse } = inputs;
  const isHeldBack = !isEnforcementApplied(inputs, resource) && saysRegistered(recorded ?? {});
  return {
    authentication: hasAuthentication(registration) ? (isHeldBack ? 'any' : authentication.mode) : 'none',
    catalogEndpoint: catalog.catalogEndpoint,
    systemIdentity: cloudIdentityFor(lakekeeperWarehouse.dataStore)?.cloud,
    image: catalog.image,
  };
}
