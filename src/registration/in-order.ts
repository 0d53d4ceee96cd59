import type { MetadataStore } from '../catalog/metadata-store-inputs.ts';
import { connectLakekeeper } from '../clients/lakekeeper/lakekeeper-client.ts';
import { isServerBusy } from '../clients/postgres/busy-server.ts';
import { observeRecord } from './authentication/observe-rollout.ts';
import { planBootstrap } from './catalog/bootstrap/plan.ts';
import {
  catalogAddress,
  expectedCatalog,
  hasAuthentication,
  lakekeeperAccess,
  settledCriteria,
  type VerifiedServer,
  verifiedServer,
  wantedWarehouse,
  warehouseForServer,
  warehousePorts,
} from './catalog/ensure-catalog.ts';
import { observeConfig, observeServer } from './catalog/proof/observe.ts';
import { mismatches } from './catalog/proof/verify-catalog.ts';
import { type ContainerObject, type DeploymentObject, observeCatalog } from './catalog/roll-out/observe.ts';
import { isNewerThanValues, planCatalog, showsNoFormerPod } from './catalog/roll-out/plan.ts';
import { desiredWarehouse } from './catalog/warehouse/ensure-warehouse.ts';
import { observeWarehouse } from './catalog/warehouse/observe.ts';
import { planWarehouse } from './catalog/warehouse/plan.ts';
import { loginAs } from './metadata-store/admin-connection.ts';
import { observeAsRole } from './metadata-store/observe.ts';
import { isStoreInOrder } from './metadata-store/plan.ts';
import { verifyInside } from './metadata-store/verify-login.ts';
import type { SecretObject } from './objects/secret-objects.ts';
import type { Registration, Until } from './registration.ts';
import { instanceAdmins } from './secret/instance-admins.ts';
import { observeSecret, SecretDrafts } from './secret/observe-credentials.ts';
import { planOrgSecret } from './secret/plan.ts';
import { haveReachedPods, planNote } from './secret/start-values.ts';

/**
 * Whether nothing has to be done for an org. It only reads, and takes no lock: if something is wrong while another run
 * works, that run corrects it. It does not log in as the admin of the metadata store, because the catalog's role sees
 * everything that has to exist. It does not read the source of a provided password while the one in the Secret works.
 *
 * Most orgs are in order most of the time, so this is the cost of a fleet. For each org: one session of the metadata
 * store, three requests to Lakekeeper, at most six to the API server.
 *
 * @returns false also if something cannot be observed. The steps then meet the error again, and report it.
 * @throws an error of a Postgres without free connections (`isServerBusy`), for which the caller waits; the signal's
 * reason.
 */
export async function isInOrder(
  registration: Registration,
  until: Exclude<Until, 'authentication'>,
): Promise<boolean> {
  const { sources, signal } = registration;
  // Every Secret but the org's own is read once. Orgs may share them.
  const secrets = sources.recentSecrets ?? new Map();
  const cached = { ...registration, sources: { ...sources, secrets } };
  try {
    const credentials = await secretInOrder(cached);
    if (credentials === undefined) return false;
    if (until === 'credentials') return await isStoreAsWanted(cached, credentials);
    // Side by side, because most of the time of a fleet in order is latency. Both are over before the steps begin, so
    // that a run has one session of Postgres.
    const [store, catalog] = await Promise.allSettled([
      isStoreAsWanted(cached, credentials),
      serverInOrder(cached, credentials),
    ]);
    const isStoreRight = settledValue(store);
    const server = settledValue(catalog);
    if (!isStoreRight || server === undefined) return false;
    const { record, stage } = await observeRecord(cached, server);
    if (!(await cached.row.isUpToDate(record))) return false;
    cached.onStage?.(stage);
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (isServerBusy(error)) throw error;
    return false;
  }
}

function settledValue<T>(settled: PromiseSettledResult<T>): T {
  if (settled.status === 'rejected') throw settled.reason;
  return settled.value;
}

interface Credentials {
  readonly secret: SecretObject;
  /** Of the catalog's role. */
  readonly password: string;
  readonly user: string;
  readonly hasReachedPods: boolean;
  /** In milliseconds since 1970. */
  readonly startValuesChangedAt: number;
}

/** The Secret, if nothing has to be written to it. */
async function secretInOrder(registration: Registration): Promise<Credentials | undefined> {
  const { inputs, sources } = registration;
  const { metadataStore, catalog } = inputs;
  const values = await observeSecret(registration, sources.files?.amendments);
  const { secret } = values;
  if (secret === undefined) return undefined;
  const plan = planOrgSecret({
    namespace: catalog.namespace,
    name: catalog.name,
    observed: secret,
    databaseHoldsCatalog: true,
    acceptNewEncryptionKey: false,
    instanceAdmins: await instanceAdmins(registration),
    credentials: { provisioning: 'admin', postgresRole: roleOf(metadataStore) },
    drafts: new SecretDrafts(),
  });
  for (const value of plan.secrets) sources.redactions.add(value);
  const note = planNote(values, plan, Date.now());
  if (plan.action !== 'none' || note.isNoted) return undefined;

  const { changedAt } = note;
  const hasReachedPods = haveReachedPods(secret, changedAt);
  return { secret, ...plan.credentials, startValuesChangedAt: changedAt, hasReachedPods };
}

/** Whether the metadata store agrees with the Secret. */
async function isStoreAsWanted(
  { inputs, sources, signal }: Registration,
  { user, password }: Credentials,
): Promise<boolean> {
  const { metadataStore } = inputs;
  const { database } = metadataStore;
  const postgresRole = roleOf(metadataStore);
  const login = await loginAs({ user, database, password }, inputs, sources, signal);
  const observed = await observeAsRole(login, { database, postgresRole });
  verifyInside(observed.inside, { database, user });
  const isMadeHere = metadataStore.provisioning === 'admin';
  return !isMadeHere || isStoreInOrder({ database, postgresRole, password }, observed);
}

function roleOf(store: MetadataStore): string {
  return store.provisioning === 'admin' ? store.postgresRole : store.user;
}

/** The verified server, if nothing has to be done for the catalog. */
async function serverInOrder(
  registration: Registration,
  { secret, startValuesChangedAt, hasReachedPods }: Credentials,
): Promise<VerifiedServer | undefined> {
  const criteria = settledCriteria(registration, startValuesChangedAt);
  const { kubernetes } = registration.sources;
  const catalog = await observeCatalog(kubernetes, catalogAddress(registration), (deployment) =>
    showsNoFormerPod(deployment, Date.now()),
  );
  const { deployment } = catalog;
  if (deployment === undefined || planCatalog(catalog, criteria).kind !== 'settled') return undefined;
  // The steps list the pods, and note in the Secret when no former one is left.
  if (!hasReachedPods && !isNewerThanValues(deployment, criteria)) return undefined;
  const expected = expectedCatalog(registration, catalog.lakekeeper, await registration.row.recorded());

  // One attempt: the steps wait for a catalog that does not answer.
  const lakekeeper = connectLakekeeper({ ...lakekeeperAccess(registration), attempts: 1 });
  // With authentication, the rest of the server's info cannot change without a change of the Deployment.
  const isKnown = expected.systemIdentity === undefined && runsImage(deployment, expected.image);
  const asksWithToken = hasAuthentication(registration) && !isKnown;
  const server = await observeServer(lakekeeper, { asksWithToken });
  if (planBootstrap(server.info, hasAuthentication(registration)) !== 'nobody') return undefined;
  const wanted = warehouseForServer(await wantedWarehouse(registration), server);
  const found = await observeWarehouse(wanted, warehousePorts(registration, lakekeeper, secret));
  const { warehouse } = found;
  if (warehouse === undefined || planWarehouse(desiredWarehouse(wanted), found).length > 0) return undefined;
  // This saves a request: the URL for engines is in the Deployment.
  const config =
    asksWithToken && sendsTo(deployment, expected.catalogEndpoint)
      ? undefined
      : await observeConfig(lakekeeper, warehouse.name);
  const isRight = mismatches(expected, { ...server, warehouse, config }).length === 0;
  return isRight ? verifiedServer(server) : undefined;
}

function runsImage(deployment: DeploymentObject, image: string): boolean {
  return containersOf(deployment).some((container) => container.image === image);
}

function sendsTo(deployment: DeploymentObject, catalogEndpoint: string): boolean {
  return containersOf(deployment).some(({ env = [] }) =>
    env.some(({ name, value }) => name === 'LAKEKEEPER__BASE_URI' && `${value}/catalog` === catalogEndpoint),
  );
}

function containersOf({ spec }: DeploymentObject): readonly ContainerObject[] {
  return spec?.template?.spec?.containers ?? [];
}
