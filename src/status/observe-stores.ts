import type { MetadataStore } from '../catalog/metadata-store-inputs.ts';
import type { RegistrationInputs } from '../catalog/registration-inputs.ts';
import { majorVersionOf } from '../clients/postgres/connect.ts';
import type { Connection } from '../clients/postgres/connection.ts';
import { begin, withClient } from '../clients/postgres/postgres-client.ts';
import { loginToMetadataStore } from '../registration/metadata-store/admin-connection.ts';
import type {
  ObservedDatabase,
  ObservedRole,
  ObservedServer,
} from '../registration/metadata-store/metadata-store.ts';
import { databaseState, grantPrivilege } from '../registration/metadata-store/observe.ts';
import { expectVersion } from '../registration/metadata-store/session.ts';
import type { CredentialSources } from '../registration/resolve-credential.ts';
import { type Observed, observe } from './observed.ts';

/** A Postgres server with metadata stores, as seen by an admin. */
export interface StoreServer {
  /** `host:port`, for messages. */
  readonly address: string;
  readonly majorVersion: number;
  readonly admin: ObservedServer['admin'] & { readonly isSuperuser: boolean };
  readonly roles: ReadonlyMap<string, ObservedRole & { readonly actsAsRole: boolean }>;
  readonly databases: ReadonlyMap<string, ObservedDatabase>;
  /** The login of the admin, to read single databases. */
  readonly connection: Connection;
}

type AdminStore = Extract<MetadataStore, { provisioning: 'admin' }>;

/** Identifies the server of a metadata store and its admin. */
export function serverKey({ host, port, admin }: AdminStore): string {
  return JSON.stringify([host.toLowerCase(), port, admin.user, admin.database]);
}

/** The admin's credential is read from at most so many orgs of a server. */
const mostAttempts = 3;

/**
 * Reads all databases and roles of a server at once.
 *
 * @param orgs orgs with an admin, of one server. If the Secret of one is missing, the next one is tried.
 */
export async function observeStoreServer(
  orgs: readonly RegistrationInputs[],
  sources: CredentialSources,
  signal: AbortSignal,
): Promise<Observed<StoreServer>> {
  let observed: Observed<StoreServer> = { unknown: 'no org of this server was read' };
  for (const inputs of orgs.slice(0, mostAttempts)) {
    observed = await observe(async () => readServer(await loginToMetadataStore(inputs, sources, signal)));
    if ('value' in observed) break;
    observed = { unknown: sources.redactions.apply(observed.unknown) };
  }
  return observed;
}

interface Listed {
  readonly admin: StoreServer['admin'];
  readonly roles: readonly (ObservedRole & { name: string; actsAsRole: boolean })[] | null;
  readonly databases: readonly (ObservedDatabase & { name: string })[] | null;
}

function readServer(connection: Connection): Promise<StoreServer> {
  return withClient(connection, async (client) => {
    expectVersion(client, connection);
    const majorVersion = majorVersionOf(client);
    // Without parameters `pg` sends all in one message, and returns a result for each statement.
    const results = (await client.query(everything(majorVersion))) as unknown as { rows: Listed[] }[];
    const [listed] = results.at(-2)?.rows ?? [];
    if (listed === undefined) throw new Error('Postgres answered without a row');
    const byName = <T extends { name: string }>(all: readonly T[] | null) =>
      new Map((all ?? []).map((one) => [one.name, one]));
    return {
      address: `${connection.host}:${connection.port}`,
      majorVersion,
      admin: listed.admin,
      roles: byName(listed.roles),
      databases: byName(listed.databases),
      connection,
    };
  });
}

/** As `observeServer` of registration reads for one org, but for all. The fields are the same. */
function everything(majorVersion: number): string {
  return `${begin['read only']}; SET LOCAL search_path = pg_catalog;
SELECT
  json_build_object('login', session_user, 'user', current_user, 'database', current_database(),
    'loginInherits', pg_has_role(session_user, current_user, 'USAGE'), 'actsAsRole', false,
    'isSuperuser', (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)) AS admin,
  (SELECT json_agg(json_build_object('name', rolname, 'canLogin', rolcanlogin,
      'expires', coalesce(rolvaliduntil < 'infinity', false),
      'actsAsRole', pg_has_role(oid, 'USAGE') AND pg_has_role(oid, '${grantPrivilege(majorVersion)}'),
      'attributes', array_remove(ARRAY[CASE WHEN rolsuper THEN 'SUPERUSER' END,
        CASE WHEN rolcreatedb THEN 'CREATEDB' END,
        CASE WHEN rolcreaterole THEN 'CREATEROLE' END, CASE WHEN rolreplication THEN 'REPLICATION' END,
        CASE WHEN rolbypassrls THEN 'BYPASSRLS' END], NULL)))
    FROM pg_roles WHERE rolname !~ '^pg_') AS roles,
  (SELECT json_agg(json_build_object('name', datname, 'owner', pg_get_userbyid(datdba),
      'encoding', pg_encoding_to_char(encoding), 'isTemplate', datistemplate, 'state', ${databaseState},
      'openToPublic', EXISTS (SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba))) WHERE grantee = 0),
      'adminMayConnect', datallowconn AND has_database_privilege(session_user, oid, 'CONNECT')))
    FROM pg_database) AS databases;
COMMIT`;
}

/** As registration would observe one org. */
export function storeOf(server: StoreServer, { database, postgresRole }: AdminStore): ObservedServer {
  const role = server.roles.get(postgresRole);
  return {
    majorVersion: server.majorVersion,
    // Only a new database needs one.
    libcUtf8: undefined,
    admin: { ...server.admin, actsAsRole: role?.actsAsRole ?? server.admin.isSuperuser },
    role,
    database: server.databases.get(database),
    missingExtensions: undefined,
  };
}
