import { PermanentError } from '../../text/errors.ts';
import { nameForMessage as name } from '../../text/printable.ts';

/** The database, role and rights that a catalog needs in Postgres: what is wanted, what is there, what to do. Pure. */

export interface DesiredMetadataStore {
  readonly database: string;
  readonly postgresRole: string;
  readonly password: string;
}

export interface ObservedMetadataStore {
  readonly server: {
    /** As `server_version_num`: 150004 for 15.4. */
    readonly version: number;
    /** A name of libc's locale C.UTF-8 on the server, when it has one. */
    readonly libcUtf8: string | undefined;
  };
  readonly admin: {
    readonly user: string;
    readonly database: string;
    /** Whether the admin has the role's rights and may give it objects. True for a superuser. */
    readonly actsAsRole: boolean;
  };
  readonly role: ObservedRole | undefined;
  readonly database: ObservedDatabase | undefined;
}

export interface ObservedRole {
  readonly canLogin: boolean;
  /** Whether a VALID UNTIL is set. */
  readonly expires: boolean;
  /** What a catalog's role must not have: SUPERUSER, CREATEDB, CREATEROLE, REPLICATION, BYPASSRLS. */
  readonly powers: readonly string[];
  /** `unknown` while the role may not log in and its verifier may not be read. */
  readonly password: 'agrees' | 'differs' | 'unknown';
}

export interface ObservedDatabase {
  readonly owner: string;
  readonly encoding: string;
  readonly isTemplate: boolean;
  /** Whether PUBLIC, and with it every other org's role, has any right on it. */
  readonly openToPublic: boolean;
  /** Not known while the admin may not connect to the database. */
  readonly inside:
    | {
        /** Of the schema `public`, when there is one. */
        readonly schemaOwner: string | undefined;
        /** Whether tables, views or sequences are there that belong to another role. */
        readonly holdsObjectsOfOthers: boolean;
      }
    | undefined;
}

export type MetadataStoreAction =
  | { readonly kind: 'createRole'; readonly postgresRole: string }
  | { readonly kind: 'letRoleLogIn'; readonly postgresRole: string }
  | { readonly kind: 'setPassword'; readonly postgresRole: string }
  | { readonly kind: 'letAdminActAsRole'; readonly postgresRole: string; readonly options: string }
  | {
      readonly kind: 'createDatabase';
      readonly database: string;
      readonly postgresRole: string;
      /** What follows ENCODING, in SQL. */
      readonly locale: Locale;
    }
  | { readonly kind: 'giveDatabase'; readonly database: string; readonly postgresRole: string }
  | { readonly kind: 'closeToPublic'; readonly database: string }
  | { readonly kind: 'createSchema'; readonly database: string; readonly postgresRole: string }
  | { readonly kind: 'giveSchema'; readonly database: string; readonly postgresRole: string };

/** Collation is by code point in every case. Which characters are letters is Unicode's to say where the server can. */
export interface Locale {
  readonly provider: 'builtin' | 'libc';
  readonly characterType: string;
}

/** The oldest Postgres that Lakekeeper's migrations run on. */
export const oldestPostgres = 15;

/**
 * What to do; empty means done. What cannot be seen (the inside of a database that the admin may not connect to) is planned after
 * the next observation, so the caller observes, plans and applies until nothing is planned.
 *
 * @throws PermanentError when what is there belongs to somebody else, or cannot be made right.
 */
export function planMetadataStore(
  desired: DesiredMetadataStore,
  observed: ObservedMetadataStore,
): MetadataStoreAction[] {
  refuseWrongNames(desired, observed);
  expectVersion(observed.server.version);
  return [...planRole(desired, observed), ...planDatabase(desired, observed)];
}

/** @throws PermanentError when the server is too old for a catalog. */
export function expectVersion(version: number): void {
  if (version < oldestPostgres * 10_000)
    throw new PermanentError(
      `expected Postgres ${oldestPostgres} or newer for the metadata store, and found ${Math.floor(version / 10_000)}`,
    );
}

function refuseWrongNames(
  { database, postgresRole, password }: DesiredMetadataStore,
  { admin }: ObservedMetadataStore,
): void {
  if (password === '') throw new PermanentError(`the password of the role ${name(postgresRole)} is empty`);
  if (postgresRole === admin.user)
    throw new PermanentError(
      `the catalog's role must not be the admin's, and both are ${name(postgresRole)}; name another role`,
    );
  if (database === admin.database || ['postgres', 'template0', 'template1'].includes(database))
    throw new PermanentError(
      `the catalog needs a database of its own, and ${name(database)} is the admin's or the server's; name another`,
    );
  // Postgres would cut it, with no more than a notice, and two orgs could get the same one.
  for (const given of [database, postgresRole])
    if (Buffer.byteLength(given) > 63)
      throw new PermanentError(`${name(given)} is longer than 63 bytes, which is what Postgres allows`);
}

function planRole(
  { postgresRole }: DesiredMetadataStore,
  { role, admin, server }: ObservedMetadataStore,
): MetadataStoreAction[] {
  const actions: MetadataStoreAction[] = [];
  if (role === undefined) actions.push({ kind: 'createRole', postgresRole });
  else {
    // It may be somebody's own role that only has the name in common, so nothing is taken from it.
    if (role.powers.length > 0)
      throw new PermanentError(
        `expected the role ${name(postgresRole)} to have no power but LOGIN, and found ${role.powers.join(', ')}; ` +
          "take them away if the role is the catalog's, or name another role",
      );
    if (!role.canLogin || role.expires) actions.push({ kind: 'letRoleLogIn', postgresRole });
    if (role.password !== 'agrees') actions.push({ kind: 'setPassword', postgresRole });
  }
  // Before 16, membership alone gives both; since then the creator of a role may only administer it until it grants itself more.
  const options = server.version >= 160_000 ? ' WITH INHERIT TRUE, SET TRUE' : '';
  if (!admin.actsAsRole) actions.push({ kind: 'letAdminActAsRole', postgresRole, options });
  return actions;
}

function planDatabase(
  { database: wanted, postgresRole }: DesiredMetadataStore,
  { database: found, admin, server }: ObservedMetadataStore,
): MetadataStoreAction[] {
  const about = { database: wanted, postgresRole };
  // A new database is open to everyone, and its schema `public` belongs to whoever owns the database at the time.
  if (found === undefined)
    return [
      { kind: 'createDatabase', ...about, locale: localeFor(server) },
      { kind: 'closeToPublic', database: wanted },
      { kind: 'giveSchema', ...about },
    ];
  refuseForeignDatabase(wanted, postgresRole, found, admin.user);
  const actions: MetadataStoreAction[] = [];
  if (found.owner !== postgresRole) actions.push({ kind: 'giveDatabase', ...about });
  if (found.openToPublic) actions.push({ kind: 'closeToPublic', database: wanted });
  if (found.inside !== undefined && found.inside.schemaOwner !== postgresRole)
    actions.push({ kind: found.inside.schemaOwner === undefined ? 'createSchema' : 'giveSchema', ...about });
  if (actions.length === 0 && found.inside === undefined && admin.actsAsRole)
    throw new PermanentError(`the admin ${name(admin.user)} may not connect to the database ${name(wanted)}`);
  return actions;
}

function refuseForeignDatabase(
  database: string,
  postgresRole: string,
  found: ObservedDatabase,
  admin: string,
): void {
  const expected = (what: string, seen: string): PermanentError =>
    new PermanentError(
      `expected the database ${name(database)} ${what}, and found ${seen}; name another database, or put this one right`,
    );
  if (found.isTemplate) throw expected("to be the catalog's own", 'a template');
  if (found.encoding !== 'UTF8') throw expected('to have the encoding UTF8', name(found.encoding));
  if (found.owner === postgresRole) return;
  if (found.owner !== admin)
    throw expected(`to be owned by ${name(postgresRole)}`, `owner ${name(found.owner)}`);
  // The admin's own and empty: what an older set-up, or a person, left half done.
  if (found.inside === undefined || found.inside.holdsObjectsOfOthers)
    throw expected(
      `to be owned by ${name(postgresRole)}`,
      `owner ${name(found.owner)}, the admin, with tables of other roles in it`,
    );
}

/**
 * By code point, as in C, because that order is the same on every machine and in every version: an order of libc or ICU changes
 * with the server's image and silently breaks indexes. What is a letter matters too (`lower`, `pg_trgm`): the provider that is
 * built in knows Unicode since 17, and libc where it has C.UTF-8, which not every system does.
 */
function localeFor({ version, libcUtf8 }: ObservedMetadataStore['server']): Locale {
  return { provider: version >= 170_000 ? 'builtin' : 'libc', characterType: libcUtf8 ?? 'C' };
}
