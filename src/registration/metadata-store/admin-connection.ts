import type { RegistrationInputs } from '../../catalog/registration-inputs.ts';
import { type Connection, parseConnection } from '../../clients/postgres/connection.ts';
import { readSecretKey } from '../objects/secret-objects.ts';
import { type CredentialSources, resolveCredential } from '../resolve-credential.ts';

/**
 * The login that the steps on the metadata store use: its admin, or the role that was provided.
 *
 * @param signal ends whatever is under way on the connection, and on those that are made from it.
 * @throws an error that names the namespace, name and key of the credential or certificate that is missing.
 */
export async function loginToMetadataStore(
  { catalog, metadataStore: store }: RegistrationInputs,
  sources: CredentialSources,
  signal: AbortSignal,
): Promise<Connection> {
  const isAdmin = store.provisioning === 'admin';
  const password = await resolveCredential(isAdmin ? store.admin.password : store.password, sources);
  const environment = {
    PGHOST: store.host,
    PGPORT: String(store.port),
    PGUSER: isAdmin ? store.admin.user : store.user,
    PGPASSWORD: password,
    PGDATABASE: isAdmin ? store.admin.database : store.database,
    PGSSLMODE: store.sslMode,
    PGAPPNAME: 'lakekeeper-gitops register',
  };
  const at = store.sslRootCertSecret && { namespace: catalog.namespace, ...store.sslRootCertSecret };
  const rootCertificate = at && {
    text: await readSecretKey(sources.kubernetes, at),
    from: `key ${at.key} of Secret ${at.namespace}/${at.name}`,
  };
  return parseConnection(undefined, environment, { rootCertificate, signal, isInteractive: false });
}
