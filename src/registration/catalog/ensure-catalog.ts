import { cloudIdentityFor } from '../../catalog/cloud-identity.ts';
import { connectLakekeeper, type Lakekeeper } from '../../clients/lakekeeper/lakekeeper-client.ts';
import type { SecretObject } from '../kubernetes-objects.ts';
import type { Registration } from '../registration.ts';
import { addressOf } from '../secret/ensure-credentials.ts';
import { startValuesChangedAt } from '../secret/start-values.ts';
import { sentCredentialsInSecret } from '../secret/stored-fingerprint.ts';
import { ensureBootstrap } from './ensure-bootstrap.ts';
import { type EnsureWarehouse, ensureWarehouse, type WarehousePorts } from './ensure-warehouse.ts';
import { awaitCatalog } from './roll-out/apply.ts';
import { type CatalogAddress, type ObservedCatalog, observeCatalog } from './roll-out/observe.ts';
import { isSameRollOut, planCatalog, type SettledMeans } from './roll-out/plan.ts';
import { resolveStorageCredential } from './storage-credential.ts';
import { type Proven, prove } from './verify-catalog.ts';
import type { WarehouseAction } from './warehouse-plan.ts';

/**
 * Waits until what the catalog answers counts (`awaitCatalog`). Long: nothing that others need may be held meanwhile.
 *
 * @param secret the org's Secret as it is: pods that are older than its last change are replaced.
 */
export async function awaitSettledCatalog(
  registration: Registration,
  secret: SecretObject,
): Promise<ObservedCatalog> {
  const { sources, log, signal, did } = registration;
  return awaitCatalog(
    sources.kubernetes,
    catalogAddress(registration),
    settledMeans(registration, startValuesChangedAt(secret)),
    {
      signal,
      did,
      progress: (seen) => log.info('waiting for the catalog', { step: 'bootstrap', seen }),
    },
  );
}

/**
 * Makes the warehouse of a catalog that is settled, and proves that what is to be recorded works and is protected. What a catalog answers
 * while it rolls out says nothing: neither that something is wrong, nor that all is well.
 *
 * @returns `rolling out`: it was not settled, or did not stay so; await it, and begin again.
 */
export async function ensureCatalog(
  registration: Registration,
  secret: SecretObject,
): Promise<'proven' | 'rolling out'> {
  const { kubernetes } = registration.sources;
  const means = settledMeans(registration, startValuesChangedAt(secret));
  const before = await observeCatalog(kubernetes, catalogAddress(registration));
  if (planCatalog(before, means).kind !== 'settled') return 'rolling out';
  try {
    await ensureProven(registration);
    return 'proven';
  } catch (error) {
    registration.signal.throwIfAborted();
    const after = await observeCatalog(kubernetes, catalogAddress(registration));
    if (isSameRollOut(before, after)) throw error;
    return 'rolling out';
  }
}

async function ensureProven(registration: Registration): Promise<void> {
  const { inputs, did } = registration;
  const lakekeeper = openLakekeeper(registration);
  const bootstrap = await ensureBootstrap({ isOurs: hasAuthentication(registration) }, { lakekeeper });
  if (bootstrap === 'bootstrapped') did({ kind: 'bootstrapServer', object: inputs.catalog.serverURL });

  const ports = warehousePorts(registration, lakekeeper);
  const warehouse = await ensureWarehouse(await wantedWarehouse(registration), {
    ...ports,
    did: (action) => did(warehouseAction(action)),
  });
  await prove(provenOf(registration, warehouse), { lakekeeper });
}

export function catalogAddress(registration: Registration): CatalogAddress {
  return { ...addressOf(registration), migrationJob: registration.inputs.catalog.migrationJob };
}

export function settledMeans(registration: Registration, startValuesChangedAt: number): SettledMeans {
  // With authentication on the operator, which has no token, never sees that the server is bootstrapped.
  const operatorSaw = hasAuthentication(registration) ? 'ready' : 'bootstrapped';
  return { operatorSaw, startValuesChangedAt };
}

export function hasAuthentication({ inputs }: Registration): boolean {
  return inputs.authentication.mode !== 'none';
}

export function openLakekeeper({ inputs, sources, signal, token, serverURL }: Registration): Lakekeeper {
  const { redactions } = sources;
  return connectLakekeeper({ serverURL: serverURL ?? inputs.catalog.serverURL, token, redactions, signal });
}

export async function wantedWarehouse({ inputs, sources }: Registration): Promise<EnsureWarehouse> {
  const { name, dataStore } = inputs.lakekeeperWarehouse;
  return { name, dataStore, credential: await resolveStorageCredential(dataStore, sources) };
}

export function warehousePorts(registration: Registration, lakekeeper: Lakekeeper): WarehousePorts {
  const { kubernetes } = registration.sources;
  return { lakekeeper, sentCredentials: sentCredentialsInSecret(kubernetes, addressOf(registration)) };
}

export function warehouseAction(action: WarehouseAction) {
  const detail = 'differences' in action ? { detail: action.differences.join('; ') } : {};
  return { kind: action.kind, object: action.name, ...detail };
}

export function provenOf({ inputs }: Registration, warehouse: Proven['warehouse']): Proven {
  const { authentication, catalog, lakekeeperWarehouse } = inputs;
  return {
    authentication: authentication.mode,
    warehouse,
    catalogEndpoint: catalog.catalogEndpoint,
    systemIdentity: cloudIdentityFor(lakekeeperWarehouse.dataStore)?.cloud,
    image: catalog.image,
  };
}
