import { cloudIdentityFor } from '../../catalog/cloud-identity.ts';
import { connectLakekeeper, type Lakekeeper } from '../../clients/lakekeeper/lakekeeper-client.ts';
import type { Registration } from '../registration.ts';
import { addressOf } from '../secret/ensure-credentials.ts';
import { sentCredentialsInSecret } from '../secret/stored-fingerprint.ts';
import { awaitBootstrap, bootstrapWatch } from './await-bootstrap.ts';
import { ensureBootstrap } from './ensure-bootstrap.ts';
import { type EnsureWarehouse, ensureWarehouse, type WarehousePorts } from './ensure-warehouse.ts';
import { resolveStorageCredential } from './storage-credential.ts';
import { type Proven, prove } from './verify-catalog.ts';
import type { WarehouseAction } from './warehouse-plan.ts';

/** Waits for the catalog, makes its warehouse, and proves that what is to be recorded works and is protected. */
export async function ensureCatalog(registration: Registration): Promise<void> {
  const { inputs, sources, log, signal, did } = registration;
  const { migrationJob } = inputs.catalog;
  await awaitBootstrap(bootstrapWatch(sources.kubernetes, addressOf(registration), migrationJob), {
    // With authentication on the operator, which has no token, never sees that the server is bootstrapped.
    awaited: hasAuthentication(registration) ? 'ready' : 'bootstrapped',
    signal,
    progress: (text) => log.info('waiting for the catalog', { step: 'bootstrap', seen: text }),
  });
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
