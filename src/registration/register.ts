import { cloudIdentityFor } from '../catalog/cloud-identity.ts';
import { orgLabel } from '../catalog/names.ts';
import type { RegistrationInputs } from '../catalog/registration-inputs.ts';
import { type Connection, parseConnection } from '../postgres/connection.ts';
import type { Log } from '../report/log.ts';
import type { OrgId } from '../source/warehouse-record.ts';
import {
  bootstrapWatch,
  createSecret,
  patchSecret,
  readLakekeeper,
  readSecret,
  type SecretObject,
  wakeOperator,
} from './adapters/kubernetes.ts';
import { connectLakekeeper, type Lakekeeper } from './adapters/lakekeeper.ts';
import { ensureMetadataStore } from './adapters/metadata-store.ts';
import { proveLogin } from './adapters/metadata-store-login.ts';
import { holdsCatalog } from './adapters/metadata-store-observation.ts';
import { type OrgLock, withOrgLock } from './adapters/org-lock.ts';
import { replaceCatalogPods } from './adapters/pods.ts';
import { sentCredentialsInSecret } from './adapters/sent-credential.ts';
import { awaitBootstrap } from './await-bootstrap.ts';
import { type CredentialSources, resolveCredential } from './credentials.ts';
import { ensureBootstrap } from './ensure-bootstrap.ts';
import { ensureWarehouse } from './ensure-warehouse.ts';
import { type OrgSecretPlan, planOrgSecret, podsToReplaceKey } from './org-secret.ts';
import { prove } from './proof.ts';
import { type RegistrationRecord, recordOfRegistration } from './record.ts';
import { newSecret } from './secrets.ts';
import { resolveStorageCredential } from './storage-credential.ts';

/** The steps of a registration, in their order: the order is the safety. What each step does is in its own file. */

export interface Registration {
  readonly inputs: RegistrationInputs;
  readonly sources: CredentialSources;
  readonly log: Log;
  /** The deadline, or the end of the process. */
  readonly signal: AbortSignal;
  /** The Job's own token for the catalog; undefined without authentication. */
  readonly token: () => Promise<string | undefined>;
  /** Where the catalog is from here, when not under its name in the cluster. */
  readonly serverURL?: string;
  /** `--accept-new-encryption-key` */
  readonly acceptNewEncryptionKey: boolean;
}

/** How far to go: the first Job of the arrangement `split` stops when the operator has what it waits for. */
export type Through = 'credentials' | 'proof';

/**
 * Registers one org: database, Secret, bootstrap, warehouse, proof. Safe to repeat from any point; a run that finds all done writes
 * nothing. One run per org at a time, by a lock on its metadata store.
 *
 * @returns what is to be recorded; undefined when it went through the credentials only.
 * @throws PermanentError when a person has to decide; any other error may be gone next time.
 */
export async function register(
  registration: Registration,
  through: Through,
): Promise<RegistrationRecord | undefined> {
  const { inputs } = registration;
  const admin = await login(registration);
  return withOrgLock(admin, inputs.org, async (lock) => {
    const plan = await ensureCredentials(registration, admin, lock);
    if (through === 'credentials') return undefined;
    if (plan.replacePods) await replacePods(registration);
    await ensureCatalog(registration);
    return recordOfRegistration(inputs);
  });
}

/** The login that the steps on the metadata store use: its admin, or the role that was provided. */
async function login({ inputs, sources }: Registration): Promise<Connection> {
  const { metadataStore: store } = inputs;
  const isAdmin = store.provisioning === 'admin';
  const password = await resolveCredential(isAdmin ? store.admin.password : store.password, sources);
  return parseConnection(undefined, {
    PGHOST: store.host,
    PGPORT: String(store.port),
    PGUSER: isAdmin ? store.admin.user : store.user,
    PGPASSWORD: password,
    PGDATABASE: isAdmin ? store.admin.database : store.database,
    PGSSLMODE: store.sslMode,
    PGAPPNAME: 'lakekeeper-gitops register',
    HOME: sources.environment.HOME,
  });
}

/**
 * The metadata store, then the Secret: the operator starts when the Secret appears, and a migration that fails then is final.
 * When somebody else wrote the Secret meanwhile, it is decided anew, by theirs.
 */
async function ensureCredentials(
  registration: Registration,
  admin: Connection,
  lock: OrgLock,
): Promise<OrgSecretPlan> {
  const { inputs, sources, log } = registration;
  const { namespace, name } = inputs.catalog;
  for (;;) {
    const observed = await readSecret(sources.kubernetes, { namespace, name });
    const plan = await planSecret(registration, admin, observed);
    sources.redactions.add(plan.credentials.password);
    await prepareMetadataStore(registration, admin, plan, lock);
    await lock.assertHeld();
    const { outcome, secret } = await writeSecret(registration, observed, plan);
    if (outcome === 'exists' || outcome === 'conflict') continue;
    if (outcome !== 'unchanged') log.info(`${outcome} the Secret`, { step: 'secret', namespace, name });
    // In the arrangement `split` the custom resource comes later.
    if ((await readLakekeeper(sources.kubernetes, { namespace, name })) !== undefined)
      await wakeOperator(
        sources.kubernetes,
        { namespace, name },
        { secretVersion: secret.metadata.resourceVersion },
      );
    return plan;
  }
}

async function planSecret(
  { inputs, sources, acceptNewEncryptionKey }: Registration,
  admin: Connection,
  observed: SecretObject | undefined,
): Promise<OrgSecretPlan> {
  const { metadataStore: store, catalog } = inputs;
  return planOrgSecret({
    namespace: catalog.namespace,
    name: catalog.name,
    observed,
    databaseHoldsCatalog: await holdsCatalog(admin.to(store.database)),
    acceptNewEncryptionKey,
    credentials:
      store.provisioning === 'admin'
        ? { provisioning: 'admin', postgresRole: store.postgresRole }
        : {
            provisioning: 'preProvisioned',
            user: store.user,
            password: await resolveCredential(store.password, sources),
          },
    generate: { password: newSecret, encryptionKey: newSecret, oauthClientSecret: newSecret },
  });
}

async function prepareMetadataStore(
  { inputs, log }: Registration,
  admin: Connection,
  { credentials }: OrgSecretPlan,
  lock: OrgLock,
): Promise<void> {
  const { metadataStore: store } = inputs;
  if (store.provisioning === 'admin') {
    const { database, postgresRole } = store;
    const actions = await ensureMetadataStore(
      admin,
      { database, postgresRole, password: credentials.password },
      lock,
    );
    for (const { kind } of actions)
      log.info('changed the metadata store', { step: 'metadata store', action: kind });
  }
  await proveLogin(admin.to(store.database, credentials));
}

async function writeSecret(
  { inputs, sources }: Registration,
  observed: SecretObject | undefined,
  { action, data, annotations }: OrgSecretPlan,
) {
  const { namespace, name } = inputs.catalog;
  if (observed === undefined)
    return createSecret(sources.kubernetes, {
      namespace,
      name,
      org: inputs.org,
      orgLabel: orgLabel(inputs.org as OrgId),
      data,
    });
  if (action === 'none') return { outcome: 'unchanged' as const, secret: observed };
  return patchSecret(sources.kubernetes, { namespace, name }, observed, { data, annotations });
}

/** The operator does not roll pods when the Secret changes. */
async function replacePods({ inputs, sources, log, signal }: Registration): Promise<void> {
  const { namespace, name } = inputs.catalog;
  const count = await replaceCatalogPods(sources.kubernetes, { namespace, name }, signal);
  log.info('replaced the pods that had the former credentials', { step: 'secret', count });
  const observed = await readSecret(sources.kubernetes, { namespace, name });
  if (observed === undefined)
    throw new Error(`the Secret ${namespace}/${name} was deleted while the pods were replaced`);
  const { secret } = await patchSecret(sources.kubernetes, { namespace, name }, observed, {
    annotations: { [podsToReplaceKey]: null },
  });
  // The Secret has another version now: said here, so that the next run has nothing to say.
  await wakeOperator(
    sources.kubernetes,
    { namespace, name },
    { secretVersion: secret.metadata.resourceVersion },
  );
}

/** Bootstrap, warehouse and proof. */
async function ensureCatalog(registration: Registration): Promise<void> {
  const { inputs, sources, log, signal, token } = registration;
  const { namespace, name, migrationJob, serverURL, catalogEndpoint, image } = inputs.catalog;
  const hasAuthentication = inputs.authentication.mode !== 'none';
  await awaitBootstrap(bootstrapWatch(sources.kubernetes, { namespace, name }, migrationJob), {
    // With authentication on the operator, which has no token, never sees that the server is bootstrapped.
    awaited: hasAuthentication ? 'ready' : 'bootstrapped',
    signal,
    progress: (text) => log.info('waiting for the catalog', { step: 'bootstrap', seen: text }),
  });
  const lakekeeper: Lakekeeper = connectLakekeeper({
    serverURL: registration.serverURL ?? serverURL,
    token,
    redactions: sources.redactions,
    signal,
  });
  const bootstrap = await ensureBootstrap({ isOurs: hasAuthentication }, { lakekeeper });
  if (bootstrap === 'bootstrapped') log.info('bootstrapped the catalog', { step: 'bootstrap' });

  const { name: wanted, dataStore } = inputs.lakekeeperWarehouse;
  const credential = await resolveStorageCredential(dataStore, sources);
  const sentCredentials = sentCredentialsInSecret(sources.kubernetes, { namespace, name });
  const warehouse = await ensureWarehouse(
    { name: wanted, dataStore, credential },
    { lakekeeper, sentCredentials },
  );
  if (warehouse.outcome !== 'unchanged')
    log.info(`${warehouse.outcome} the warehouse`, { step: 'warehouse', name: warehouse.name });

  await prove(
    {
      authentication: inputs.authentication.mode,
      warehouse,
      catalogEndpoint,
      systemIdentity: cloudIdentityFor(dataStore)?.cloud,
      image,
    },
    { lakekeeper },
  );
}
