import type { MetadataStore } from '../../catalog/metadata-store-inputs.ts';
import type { RegistrationInputs } from '../../catalog/registration-inputs.ts';
import type { Connection } from '../../clients/postgres/connection.ts';
import type {
  DesiredMetadataStore,
  ObservedInside,
  ObservedLogin,
} from '../metadata-store/metadata-store.ts';
import { observeInsideAsAdmin, observeLogin } from '../metadata-store/observe.ts';
import type { SecretObject } from '../objects/secret-objects.ts';
import { newSecret } from '../random-secret.ts';
import type { Registration } from '../registration.ts';
import { resolveCredential } from '../resolve-credential.ts';
import { instanceAdmins } from './instance-admins.ts';
import { type ObservedStartValues, observeStartValues } from './observe.ts';
import { type OrgSecretPlan, planOrgSecret } from './plan.ts';

/**
 * What is observed of an org's credentials before its lock is taken, so that a run needs one session of Postgres at a
 * time.
 */
export interface ObservedCredentials {
  readonly values: ObservedStartValues;
  /** The plan of the Secret, if nothing in the database forbids it. */
  readonly draft: OrgSecretPlan;
  /** A login of the catalog's role. Not tried with provided credentials, because the lock's session has that login. */
  readonly login: ObservedLogin;
  readonly inside: ObservedInside | undefined;
}

/** The metadata store as the settings want it, with the password of the Secret. */
export function desiredStore(
  { database, postgresRole, passwords }: Extract<MetadataStore, { readonly provisioning: 'admin' }>,
  { lakekeeperWarehouse: { mustExist } }: RegistrationInputs,
  { draft }: ObservedCredentials,
): DesiredMetadataStore {
  return { database, postgresRole, passwords, password: draft.credentials.password, mustExist };
}

/** New values, generated once in a run, for a Secret that lacks them. */
export class SecretDrafts {
  readonly password = newSecret();
  readonly encryptionKey = newSecret();
  readonly oauthClientSecret = newSecret();
  /** The password that this run has set for the role. */
  setPassword: string | undefined;
}

/**
 * Reads the Secret, and tries the login in it.
 *
 * @param asAdmin whether the admin observes the inside of the database if the role cannot. The database has to exist.
 */
export async function observeCredentials(
  registration: Registration,
  store: Connection,
  drafts: SecretDrafts,
  { asAdmin }: { readonly asAdmin: boolean },
): Promise<ObservedCredentials> {
  const { inputs, sources } = registration;
  const values = await observeSecret(registration);
  const draft = await planSecret(registration, values.secret, drafts, false);
  for (const secret of draft.secrets) sources.redactions.add(secret);
  const { metadataStore } = inputs;
  const isWorthTrying = !draft.isNewPassword || drafts.setPassword === draft.credentials.password;
  if (metadataStore.provisioning === 'preProvisioned')
    return { values, draft, login: untried, inside: undefined };
  const seen = isWorthTrying
    ? await observeLogin(store.to(metadataStore.database, draft.credentials))
    : { login: untried, inside: undefined };
  const inside = seen.inside ?? (asAdmin ? await observeInsideAsAdmin(store, metadataStore) : undefined);
  return { values, draft, login: seen.login, inside };
}

const untried: ObservedLogin = { outcome: 'untried' };

/**
 * Observes the org's Secret and amendments.
 *
 * @param directory where the amendments may be mounted.
 */
export function observeSecret(
  { inputs, sources }: Registration,
  directory?: string,
): Promise<ObservedStartValues> {
  const { namespace, name, amendments } = inputs.catalog;
  return observeStartValues(sources.kubernetes, { namespace, name }, amendments, directory);
}

/**
 * The plan for the org's Secret.
 *
 * @param databaseHoldsCatalog whether the database has any table.
 */
export async function planSecret(
  registration: Registration,
  observed: SecretObject | undefined,
  drafts: SecretDrafts,
  databaseHoldsCatalog: boolean,
): Promise<OrgSecretPlan> {
  const { inputs, sources, acceptNewEncryptionKey } = registration;
  const { metadataStore, catalog } = inputs;
  return planOrgSecret({
    namespace: catalog.namespace,
    name: catalog.name,
    observed,
    databaseHoldsCatalog,
    acceptNewEncryptionKey,
    instanceAdmins: await instanceAdmins(registration),
    credentials:
      metadataStore.provisioning === 'admin'
        ? { provisioning: 'admin', postgresRole: metadataStore.postgresRole }
        : {
            provisioning: 'preProvisioned',
            user: metadataStore.user,
            password: await resolveCredential(metadataStore.password, sources),
          },
    drafts,
  });
}
