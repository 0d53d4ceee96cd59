/** What a catalog needs of Postgres: desired and observed state, and actions. */

export interface DesiredMetadataStore {
  readonly database: string;
  readonly postgresRole: string;
  readonly password: string;
  /** The server is sent the password as it is; absent: a SCRAM verifier of it. */
  readonly passwords?: 'plain' | undefined;
}

/** What the admin sees from its own database. */
export interface ObservedServer {
  readonly majorVersion: number;
  /** A name of libc's locale C.UTF-8 on the server, when it has one. */
  readonly libcUtf8: string | undefined;
  readonly admin: {
    /** Who logs in. */
    readonly login: string;
    /** Who works: another role where the login has a setting `role`. */
    readonly user: string;
    /**
     * Whether the login has the rights of who works: it is asked for CONNECT, and the other one for everything
     * else.
     */
    readonly loginInherits: boolean;
    readonly database: string;
    /** Whether the admin has the role's rights and may give it objects. True for a superuser. */
    readonly actsAsRole: boolean;
  };
  readonly role: ObservedRole | undefined;
  readonly database: ObservedDatabase | undefined;
  /** What a new database would lack. Only known while there is no database. */
  readonly missingExtensions: readonly MissingExtension[] | undefined;
}

export interface ObservedRole {
  readonly canLogin: boolean;
  /** Whether a VALID UNTIL is set. */
  readonly expires: boolean;
  /** What a catalog's role must not have: SUPERUSER, CREATEDB, CREATEROLE, REPLICATION, BYPASSRLS. */
  readonly attributes: readonly string[];
}

export interface ObservedDatabase {
  readonly owner: string;
  readonly encoding: string;
  readonly isTemplate: boolean;
  /** Whether PUBLIC, and with it every other org's role, has any right on it. */
  readonly openToPublic: boolean;
  /** Whether the admin's login may connect to it. */
  readonly adminMayConnect: boolean;
}

/** What is inside of the catalog's database, as the role or the admin sees it. */
export interface ObservedInside {
  readonly encoding: string;
  /** Of the schema `public`, when there is one. */
  readonly schemaOwner: string | undefined;
  /** Whether tables, views or sequences are there that belong to another role than the catalog's. */
  readonly holdsObjectsOfOthers: boolean;
  /** Whether any table is there but those of the server and of extensions: a catalog has lived here. */
  readonly holdsTables: boolean;
  readonly missingExtensions: readonly MissingExtension[];
  /** Whether the one who looks may create tables in the schema `public`. */
  readonly mayCreateTables: boolean;
  /** Whether the one who looks has CREATE on the database, which trusted extensions need. */
  readonly mayCreateInDatabase: boolean;
}

export interface MissingExtension {
  readonly name: string;
  /** Whether the server has its files. */
  readonly isAvailable: boolean;
  /** Whether CREATE on the database is enough to create it. */
  readonly isTrusted: boolean;
}

/** What became of a login with the desired password. */
export type ObservedLogin =
  | { readonly outcome: 'accepted' }
  /** `sqlstate`: 28P01 for a wrong password; undefined when the server did not answer. */
  | { readonly outcome: 'refused'; readonly sqlstate: string | undefined; readonly error: unknown }
  /** There was no password yet that the role could have. */
  | { readonly outcome: 'untried' };

export interface ObservedMetadataStore {
  readonly server: ObservedServer;
  readonly login: ObservedLogin;
  /** Not known while nobody has connected to the database. */
  readonly inside: ObservedInside | undefined;
}

/** What Lakekeeper's migrations create (`docs/facts/lakekeeper-versions.md` §3). */
export const neededExtensions = ['uuid-ossp', 'pgcrypto', 'pg_trgm', 'btree_gin', 'btree_gist'];

/** The oldest Postgres that Lakekeeper's migrations run on (`docs/facts/lakekeeper-versions.md` §3). */
export const oldestPostgres = 15;

/** Done from the admin's database. */
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

/** Done by the admin from inside of the catalog's database. */
export type InsideAction =
  | { readonly kind: 'createSchema'; readonly database: string; readonly postgresRole: string }
  | { readonly kind: 'setSchemaOwner'; readonly database: string; readonly postgresRole: string }
  | { readonly kind: 'createExtension'; readonly database: string; readonly extension: string };

export type MetadataStoreAction = ServerAction | InsideAction;

export interface MetadataStorePlan {
  readonly onServer: readonly ServerAction[];
  readonly inside: readonly InsideAction[];
  /** Whether nobody has seen the inside of the database yet, so that nothing can be said about it. */
  readonly isUnseen: boolean;
}

/** Collation is by code point in every case. Which characters are letters is Unicode's to say where the server can. */
export interface Locale {
  readonly provider: 'builtin' | 'libc';
  readonly characterType: string;
}
