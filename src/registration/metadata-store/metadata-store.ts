/** The metadata store of a catalog: desired and observed state, and actions. */

export interface DesiredMetadataStore {
  readonly database: string;
  readonly postgresRole: string;
  readonly password: string;
  /** `plain`: the password is sent in clear; absent: as a SCRAM verifier. */
  readonly passwords?: 'plain' | undefined;
  /** The database is not created: its org was moved, and the catalog with it. */
  readonly mustExist?: true | undefined;
}

/** What the admin observes from its own database. */
export interface ObservedServer {
  readonly majorVersion: number;
  /** The server's name of libc's locale C.UTF-8; undefined if it has none. */
  readonly libcUtf8: string | undefined;
  readonly admin: {
    /** `session_user`. */
    readonly login: string;
    /** `current_user`: another role if the login has a setting `role`. */
    readonly user: string;
    /** Whether the login has the rights of `user`. Postgres checks CONNECT for the login, all else for `user`. */
    readonly loginInherits: boolean;
    readonly database: string;
    /** Whether the admin has the rights of the catalog's role and may give it objects. True for a superuser. */
    readonly actsAsRole: boolean;
  };
  readonly role: ObservedRole | undefined;
  readonly database: ObservedDatabase | undefined;
  /** The extensions that a new database would lack. Undefined if the database exists. */
  readonly missingExtensions: readonly MissingExtension[] | undefined;
}

export interface ObservedRole {
  readonly canLogin: boolean;
  /** Whether VALID UNTIL is set. */
  readonly expires: boolean;
  /** The attributes that a catalog's role must not have: SUPERUSER, CREATEDB, CREATEROLE, REPLICATION, BYPASSRLS. */
  readonly attributes: readonly string[];
}

export interface ObservedDatabase {
  readonly owner: string;
  readonly encoding: string;
  readonly isTemplate: boolean;
  /** Whether PUBLIC, and so the role of every other org, has any right on it. */
  readonly openToPublic: boolean;
  /** Whether the admin's login may connect to it. */
  readonly adminMayConnect: boolean;
  /**
   * `closed`: ALLOW_CONNECTIONS is false. `invalid`: DROP DATABASE was interrupted, and nothing is possible but to drop
   * it again (https://www.postgresql.org/docs/current/sql-dropdatabase.html).
   */
  readonly state: 'open' | 'closed' | 'invalid';
}

/** What the catalog's role, or the admin, observes inside the catalog's database. */
export interface ObservedInside {
  readonly encoding: string;
  /** The owner of the schema `public`; undefined if there is no such schema. */
  readonly schemaOwner: string | undefined;
  /** Whether another role than the catalog's owns tables, views or sequences. */
  readonly holdsObjectsOfOthers: boolean;
  /** Whether there is any table that is not the server's or an extension's: the database was used by a catalog. */
  readonly holdsTables: boolean;
  readonly missingExtensions: readonly MissingExtension[];
  /** Whether the observing role may create tables in the schema `public`. */
  readonly mayCreateTables: boolean;
  /** Whether the observing role has CREATE on the database, which trusted extensions need. */
  readonly mayCreateInDatabase: boolean;
}

export interface MissingExtension {
  readonly name: string;
  /** Whether the server has its files. */
  readonly isAvailable: boolean;
  /** Whether CREATE on the database is enough to create it. */
  readonly isTrusted: boolean;
}

/** The result of a login with the desired password. */
export type ObservedLogin =
  | { readonly outcome: 'accepted' }
  /** `sqlstate`: 28P01 for a wrong password; undefined if the server did not answer. */
  | { readonly outcome: 'refused'; readonly sqlstate: string | undefined; readonly error: unknown }
  /** The Secret has no password yet. */
  | { readonly outcome: 'untried' };

export interface ObservedMetadataStore {
  readonly server: ObservedServer;
  readonly login: ObservedLogin;
  /** Undefined until a session has connected to the database. */
  readonly inside: ObservedInside | undefined;
}

/** The extensions that Lakekeeper's migrations create (docs/facts/lakekeeper-versions.md §3). */
export const neededExtensions = ['uuid-ossp', 'pgcrypto', 'pg_trgm', 'btree_gin', 'btree_gist'];

/** The oldest Postgres that Lakekeeper's migrations run on (docs/facts/lakekeeper-versions.md §3). */
export const oldestPostgres = 15;

/** Applied in a session to the admin's database. */
export type ServerAction =
  | { readonly kind: 'createRole'; readonly postgresRole: string }
  | { readonly kind: 'enableLogin'; readonly postgresRole: string }
  | { readonly kind: 'disableLogin'; readonly postgresRole: string }
  | { readonly kind: 'setPassword'; readonly postgresRole: string }
  | { readonly kind: 'grantRoleToAdmin'; readonly postgresRole: string; readonly options: string }
  | {
      readonly kind: 'createDatabase';
      readonly database: string;
      readonly postgresRole: string;
      readonly locale: Locale;
    }
  | { readonly kind: 'setDatabaseOwner'; readonly database: string; readonly postgresRole: string }
  | { readonly kind: 'revokePublicConnect'; readonly database: string }
  | { readonly kind: 'endConnections'; readonly postgresRole: string }
  | { readonly kind: 'dropDatabase'; readonly database: string }
  | { readonly kind: 'dropRole'; readonly postgresRole: string };

/** Applied in a session of the admin to the catalog's database. */
export type InsideAction =
  | { readonly kind: 'createSchema'; readonly database: string; readonly postgresRole: string }
  | { readonly kind: 'setSchemaOwner'; readonly database: string; readonly postgresRole: string }
  | { readonly kind: 'createExtension'; readonly database: string; readonly extension: string };

export type MetadataStoreAction = ServerAction | InsideAction;

export interface MetadataStorePlan {
  readonly onServer: readonly ServerAction[];
  readonly inside: readonly InsideAction[];
  /** Whether the inside of the database has not been observed yet, so that the plan is incomplete. */
  readonly isInsideUnknown: boolean;
}

/** The collation is always by code point. The character type decides which characters are letters. */
export interface Locale {
  readonly provider: 'builtin' | 'libc';
  readonly characterType: string;
}
