import { cloudIdentityFor } from '../../catalog/cloud-identity.ts';
import { connectLakekeeper, type Lakekeeper } from '../../clients/lakekeeper/lakekeeper-client.ts';
import { readJob, readLakekeeper } from '../kubernetes-objects.ts';
import type { Registration } from '../registration.ts';
import { addressOf } from '../secret/ensure-credentials.ts';
import { sentCredentialsInSecret } from '../secret/stored-fingerprint.ts';
import { type AwaitedState, awaitBootstrap, bootstrapState, bootstrapWatch } from './await-bootstrap.ts';
import { ensureBootstrap } from './ensure-bootstrap.ts';
import { type EnsureWarehouse, ensureWarehouse, type WarehousePorts } from './ensure-warehouse.ts';
import { resolveStorageCredential } from './storage-credential.ts';
import { type Proven, prove } from './verify-catalog.ts';
import type { WarehouseAction } from './warehouse-plan.ts';

/** Whether nothing has to be waited for: the catalog runs as it is wanted now. Reads once. */
export async function isCatalogSettled(registration: Registration): Promise<boolean> {
  const { kubernetes } = registration.sources;
  const at = addressOf(registration);
  const lakekeeper = await readLakekeeper(kubernetes, at);
  const name = registration.inputs.catalog.migrationJob;
  const job = await readJob(kubernetes, { namespace: at.namespace, name });
  return bootstrapState(lakekeeper, job, awaitedState(registration)) === 'bootstrapped';
}

/** Waits until the catalog runs as it is wanted. Long: nothing that others need may be held meanwhile. */
export async function awaitCatalog(registration: Registration): Promise<void> {
  const { inputs, sources, log, signal } = registration;
  const { migrationJob } = inputs.catalog;
  await awaitBootstrap(bootstrapWatch(sources.kubernetes, addressOf(registration), migrationJob), {
    awaited: awaitedState(registration),
    signal,
    progress: (text) => log.info('waiting for the catalog', { step: 'bootstrap', seen: text }),
  });
}

/** With authentication on the operator, which has no token, never sees that the server is bootstrapped. */
function awaitedState(registration: Registration): AwaitedState {
  return hasAuthentication(registration) ? 'ready' : 'bootstrapped';
}

/** Makes the warehouse of a catalog that runs, and proves that what is to be recorded works and is protected. */
export async function ensureCatalog(registration: Registration): Promise<void> {
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
