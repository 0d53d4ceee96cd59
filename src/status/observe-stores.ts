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
import { expectVersion } from '../registration/metadata-store/session.ts';
import type { CredentialSources } from '../registration/resolve-credential.ts';
import { type Asked, ask } from './asked.ts';

/** A server with metadata stores, as an admin sees it. */
export interface StoreServer {
  /** `host:port`, for messages. */
  readonly address: string;
  readonly majorVersion: number;
  readonly admin: ObservedServer['admin'] & { readonly isSuperuser: boolean };
  readonly roles: ReadonlyMap<string, ObservedRole & { readonly actsAsRole: boolean }>;
  readonly databases: ReadonlyMap<string, ObservedDatabase>;
  /** The login of the admin, for a look inside of a database. */
  readonly connection: Connection;
}

type AdminStore = Extract<RegistrationInputs['metadataStore'], { provisioning: 'admin' }>;

/** Of which server a metadata store is, and of which of its admins. */
export function serverKey({ host, port, admin }: AdminStore): string {
  return JSON.stringify([host.toLowerCase(), port, admin.user, admin.database]);
}

/** How many orgs of a server are asked for the credential of its admin before it counts as not to be had. */
const mostAttempts = 3;

/**
 * Asks every server of the fleet once for all of its databases and roles.
 *
 * @param orgs those with an admin, of one server. One of them may lack its Secret, which says nothing of the others.
 */
export async function observeStoreServer(
  orgs: readonly RegistrationInputs[],
  sources: CredentialSources,
  signal: AbortSignal,
): Promise<Asked<StoreServer>> {
  let asked: Asked<StoreServer> = { unknown: 'no org of it was asked' };
  for (const inputs of orgs.slice(0, mostAttempts)) {
    asked = await ask(async () => readServer(await loginToMetadataStore(inputs, sources, signal)));
    if ('value' in asked) break;
    asked = { unknown: sources.redactions.apply(asked.unknown) };
  }
  return asked;
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

/** What `observeServer` of registration asks for one org, for all: the fields are the same. */
function everything(majorVersion: number): string {
  const mayGive = majorVersion >= 16 ? 'SET' : 'MEMBER';
  return `${begin['read only']}; SET LOCAL search_path = pg_catalog;
SELECT
  json_build_object('login', session_user, 'user', current_user, 'database', current_database(),
    'loginInherits', pg_has_role(session_user, current_user, 'USAGE'), 'actsAsRole', false,
    'isSuperuser', (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)) AS admin,
  (SELECT json_agg(json_build_object('name', rolname, 'canLogin', rolcanlogin,
      'expires', coalesce(rolvaliduntil < 'infinity', false),
      'actsAsRole', pg_has_role(oid, 'USAGE') AND pg_has_role(oid, '${mayGive}'),
      'attributes', array_remove(ARRAY[CASE WHEN rolsuper THEN 'SUPERUSER' END,
        CASE WHEN rolcreatedb THEN 'CREATEDB' END,
        CASE WHEN rolcreaterole THEN 'CREATEROLE' END, CASE WHEN rolreplication THEN 'REPLICATION' END,
        CASE WHEN rolbypassrls THEN 'BYPASSRLS' END], NULL)))
    FROM pg_roles WHERE rolname !~ '^pg_') AS roles,
  (SELECT json_agg(json_build_object('name', datname, 'owner', pg_get_userbyid(datdba),
      'encoding', pg_encoding_to_char(encoding), 'isTemplate', datistemplate,
      'openToPublic', EXISTS (SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba))) WHERE grantee = 0),
      'adminMayConnect', datallowconn AND has_database_privilege(session_user, oid, 'CONNECT')))
    FROM pg_database) AS databases;
COMMIT`;
}

/** What registration would see of one org. */
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
