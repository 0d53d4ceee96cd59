import { bootstrapWatch } from './adapters/kubernetes.ts';
import { connectLakekeeper, type Lakekeeper } from './adapters/lakekeeper.ts';
import { awaitBootstrap } from './await-bootstrap.ts';
import { resolveStorageCredential } from './credentials.ts';
import { ensureBootstrap } from './ensure-bootstrap.ts';
import { addressOf } from './ensure-credentials.ts';
import { ensureWarehouse } from './ensure-warehouse.ts';
import type { WarehouseAction } from './lakekeeper-warehouse.ts';
import { type Proven, prove } from './proof.ts';
import type { Registration } from './registration.ts';

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

  const { name, dataStore } = inputs.lakekeeperWarehouse;
  const credential = await resolveStorageCredential(inputs, sources);
  const warehouse = await ensureWarehouse(
    { name, dataStore, credential },
    { lakekeeper, did: (action) => did(warehouseAction(action)) },
  );
  await prove(provenOf(registration, warehouse), { lakekeeper });
}

export function hasAuthentication({ inputs }: Registration): boolean {
  return inputs.authentication.mode !== 'none';
}

export function openLakekeeper({ inputs, sources, signal, token, serverURL }: Registration): Lakekeeper {
  const { redactions } = sources;
  return connectLakekeeper({ serverURL: serverURL ?? inputs.catalog.serverURL, token, redactions, signal });
}

export function warehouseAction(action: WarehouseAction) {
  const detail = action.kind === 'updateStorage' ? { detail: action.differences.join('; ') } : {};
  return { kind: action.kind, object: action.name, ...detail };
}

export function provenOf({ inputs }: Registration, warehouse: Proven['warehouse']): Proven {
  const { authentication, catalog, lakekeeperWarehouse } = inputs;
  return {
    authentication: authentication.mode,
    warehouse,
    catalogEndpoint: catalog.catalogEndpoint,
    usesSystemIdentity: lakekeeperWarehouse.dataStore.credential.type === 'systemIdentity',
    image: catalog.image,
  };
}
