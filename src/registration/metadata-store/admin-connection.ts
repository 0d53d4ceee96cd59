import { readFile } from 'node:fs/promises';
import type { RegistrationInputs } from '../../catalog/registration-inputs.ts';
import { type Connection, parseConnection } from '../../clients/postgres/connection.ts';
import { readSecretKey } from '../objects/secret-objects.ts';
import { type CredentialSources, resolveCredential } from '../resolve-credential.ts';

/**
 * The login for the steps on the metadata store: its admin, or the provided role.
 *
 * @param signal ends the queries of this connection and of those derived from it.
 * @throws Error with namespace, name and key of a credential or certificate that is missing.
 */
export async function loginToMetadataStore(
  inputs: RegistrationInputs,
  sources: CredentialSources,
  signal: AbortSignal,
): Promise<Connection> {
  const { metadataStore: store } = inputs;
  const isAdmin = store.provisioning === 'admin';
  const password = await resolveCredential(isAdmin ? store.admin.password : store.password, sources);
  const { user, database } = isAdmin ? store.admin : store;
  return loginAs({ user, database, password }, inputs, sources, signal);
}

export interface Login {
  readonly user: string;
  readonly database: string;
  readonly password: string;
}

/** A login to the server of the metadata store. @throws as `loginToMetadataStore`. */
export async function loginAs(
  { user, database, password }: Login,
  { catalog, metadataStore: store }: RegistrationInputs,
  sources: CredentialSources,
  signal: AbortSignal,
): Promise<Connection> {
  const environment = {
    PGHOST: store.host,
    PGPORT: String(store.port),
    PGUSER: user,
    PGPASSWORD: password,
    PGDATABASE: database,
    PGSSLMODE: store.sslMode,
    PGAPPNAME: 'lakekeeper-gitops register',
  };
  const at = store.sslRootCertSecret && { namespace: catalog.namespace, ...store.sslRootCertSecret };
  const rootCertificate = at && {
    text:
      (await mounted(sources.files?.metadataStoreCA)) ??
      (await readSecretKey(sources.kubernetes, at, sources.secrets)),
    from: `key ${at.key} of Secret ${at.namespace}/${at.name}`,
  };
  const { beforeConnect } = sources;
  const extras = { rootCertificate, signal, isInteractive: false, beforeConnect };
  return parseConnection(undefined, environment, extras);
}

async function mounted(file: string | undefined): Promise<string | undefined> {
  return file === undefined ? undefined : await readFile(file, 'utf8').catch(() => undefined);
}
