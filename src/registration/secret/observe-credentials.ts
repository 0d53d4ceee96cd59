import type { Connection } from '../../clients/postgres/connection.ts';
import type { ObservedInside, ObservedLogin } from '../metadata-store/metadata-store.ts';
import { observeInsideAsAdmin, observeLogin } from '../metadata-store/observe.ts';
import type { SecretObject } from '../objects/secret-objects.ts';
import { newSecret } from '../random-secret.ts';
import type { Registration } from '../registration.ts';
import { resolveCredential } from '../resolve-credential.ts';
import { instanceAdmins } from './instance-admins.ts';
import { type ObservedStartValues, observeStartValues } from './observe.ts';
import { type OrgSecretPlan, planOrgSecret } from './plan.ts';

/**
 * What is known of an org's credentials before its lock is taken: sessions of Postgres are few, and one at a
 * time is enough.
 */
export interface ObservedCredentials {
  readonly values: ObservedStartValues;
  /** What the Secret will hold, if nothing in the database forbids it. */
  readonly draft: OrgSecretPlan;
  /**
   * A login of the catalog's role. Not tried with credentials that others provide: the lock's own session is
   * that login.
   */
  readonly login: ObservedLogin;
  readonly inside: ObservedInside | undefined;
}

/** Values that a run makes up once, for where there are none. */
export class SecretDrafts {
  readonly password = newSecret();
  readonly encryptionKey = newSecret();
  readonly oauthClientSecret = newSecret();
  /** The password that this run gave the role, if it did. */
  setPassword: string | undefined;
}

/**
 * Reads the Secret, and tries what it says.
 *
 * @param asAdmin whether the admin observes the inside of the database, which is there, when the role cannot.
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

/** @param directory where the amendments may be mounted. */
export function observeSecret(
  { inputs, sources }: Registration,
  directory?: string,
): Promise<ObservedStartValues> {
  const { namespace, name, amendments } = inputs.catalog;
  return observeStartValues(sources.kubernetes, { namespace, name }, amendments, directory);
}

/**
 * What is to be done about the org's Secret, from what is there.
 *
 * @param databaseHoldsCatalog whether any table is in the database.
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
