import { connectLakekeeper, type Lakekeeper } from '../clients/lakekeeper/lakekeeper-client.ts';
import { hasAuthentication, settledCriteria } from '../registration/catalog/ensure-catalog.ts';
import { observeServer } from '../registration/catalog/proof/observe.ts';
import { planCatalog } from '../registration/catalog/roll-out/plan.ts';
import { observeWarehouse } from '../registration/catalog/warehouse/observe.ts';
import { resolveStorageCredential } from '../registration/catalog/warehouse/storage-credential.ts';
import { sentCredentialsInSecret } from '../registration/secret/sent-credential.ts';
import { changedAtOf } from './cluster-findings.ts';
import type { OrgObservation, StorageAccess } from './observation.ts';
import { type Observed, observe } from './observed.ts';
import type { OrgPorts } from './org-ports.ts';

type Seen = Pick<OrgObservation, 'inputs' | 'startValues' | 'catalog'>;
type ServerObservation = Pick<OrgObservation, 'server' | 'warehouse' | 'config' | 'access'>;

/** Attempts of a request that is not answered. Few, because `status` is repeated anyway. */
const attempts = 2;

/**
 * The server and its warehouse: three requests, four with authentication. Nothing is requested during a roll-out,
 * because an old pod may answer.
 */
export async function observeCatalogServer(seen: Seen, ports: OrgPorts): Promise<ServerObservation> {
  const { inputs, startValues } = seen;
  if (!isSettled(seen) || 'unknown' in startValues || startValues.value.secret === undefined) return {};
  const { sources, signal, token, serverURL, timeoutMs } = ports;
  const { redactions } = sources;
  const lakekeeper = connectLakekeeper({
    ...{ serverURL: serverURL ?? inputs.catalog.serverURL, token, redactions, signal, timeoutMs, attempts },
  });
  const server = await observe(() =>
    observeServer(lakekeeper, { asksWithToken: hasAuthentication({ inputs }) }),
  );
  if ('unknown' in server || server.value.info?.bootstrapped !== true) return { server };
  const { namespace, name } = inputs.catalog;
  const sent = sentCredentialsInSecret(sources.kubernetes, { namespace, name }, startValues.value.secret);
  const { dataStore, name: warehouseName } = inputs.lakekeeperWarehouse;
  const warehouse = await observe(async () => {
    const credential = await resolveStorageCredential(dataStore, sources);
    return observeWarehouse({ name: warehouseName, credential }, { lakekeeper, sentCredentials: sent });
  });
  if ('unknown' in warehouse || !warehouse.value.warehouse?.isActive) return { server, warehouse };
  const config = await observe(() => lakekeeper.catalogConfig(warehouseName));
  if (!ports.isDeep) return { server, warehouse, config };
  return { server, warehouse, config, access: await accessOf(lakekeeper, warehouse.value.warehouse.id) };
}

function accessOf(lakekeeper: Lakekeeper, id: string): Promise<Observed<StorageAccess | undefined>> {
  return observe(async () => {
    const report = await lakekeeper.validateAccess(id);
    return report && { failures: report.failures };
  });
}

function isSettled(seen: Seen): boolean {
  const { catalog, inputs } = seen;
  if ('unknown' in catalog) return false;
  const changedAt = changedAtOf(seen);
  return (
    changedAt !== undefined &&
    planCatalog(catalog.value, settledCriteria({ inputs }, changedAt)).kind === 'settled'
  );
}
