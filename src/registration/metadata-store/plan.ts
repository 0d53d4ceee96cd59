import { PermanentError } from '../../text/errors.ts';
import { nameForMessage as name } from '../../text/printable.ts';
import type {
  DesiredMetadataStore,
  InsideAction,
  Locale,
  MetadataStorePlan,
  MissingExtension,
  ObservedDatabase,
  ObservedLogin,
  ObservedMetadataStore,
  ObservedRole,
  ObservedServer,
  ServerAction,
} from './metadata-store.ts';

/**
 * The actions that make the metadata store the desired one; none if it already is. What has not been observed yet (the
 * inside of a database) is planned after the next observation, so the caller repeats observe, plan and apply until
 * nothing is planned. Pure.
 *
 * @throws PermanentError if an object belongs to somebody else, or cannot be corrected.
 */
export function planMetadataStore(
  desired: DesiredMetadataStore,
  observed: ObservedMetadataStore,
): MetadataStorePlan {
  const { password, postgresRole } = desired;
  if (password === '') throw new PermanentError(`the password of the role ${name(postgresRole)} is empty`);
  refuseWrongNames(desired, observed.server);
  const role = planRole(desired, observed);
  const database = planDatabase(desired, observed);
  const overMembership = database.onServer.length + database.inside.length > 0 || database.isInsideUnknown;
  const membership = overMembership ? planMembership(desired, observed) : [];
  if (role.length > 0 || overMembership) expectLoginInherits(observed.server);
  // What is inside the database may forbid everything else. Only what is needed to connect to it is planned.
  if (database.isInsideUnknown)
    return { ...database, onServer: observed.server.role === undefined ? [] : membership };
  return { ...database, onServer: [...role, ...membership, ...database.onServer] };
}

/**
 * Whether nothing has to be done, by what the catalog's role observed.
 *
 * @throws PermanentError as `planMetadataStore`.
 */
export function isStoreInOrder(desired: DesiredMetadataStore, observed: ObservedMetadataStore): boolean {
  const { onServer, inside, isInsideUnknown } = planDatabase(desired, observed);
  return !isInsideUnknown && planRole(desired, observed).length + onServer.length + inside.length === 0;
}

/** @throws PermanentError when database or role cannot be the catalog's own. */
export function refuseWrongNames(
  { database, postgresRole }: Pick<DesiredMetadataStore, 'database' | 'postgresRole'>,
  { admin }: ObservedServer,
): void {
  if ([admin.user, admin.login].includes(postgresRole))
    throw new PermanentError(
      `the catalog's role must not be the admin's, and both are ${name(postgresRole)}; name another role`,
    );
  if (database === admin.database || ['postgres', 'template0', 'template1'].includes(database))
    throw new PermanentError(
      `the catalog needs a database of its own, and ${name(database)} is the admin's or the server's; name another`,
    );
  // Postgres truncates longer names with a notice, so two orgs could have the same one.
  for (const given of [database, postgresRole])
    if (Buffer.byteLength(given) > 63)
      throw new PermanentError(`${name(given)} is longer than 63 bytes, which is what Postgres allows`);
}

function expectLoginInherits({ admin: { login, user, loginInherits } }: ObservedServer): void {
  if (loginInherits) return;
  throw new PermanentError(
    `the admin logs in as ${name(login)} and works as ${name(user)} (a setting \`role\`), but has ` +
      'not its rights: it could create a ' +
      `database, and not connect to it. Run ALTER ROLE ${name(login)} INHERIT, since Postgres 16 also ` +
      `GRANT ${name(user)} TO ${name(login)} WITH INHERIT TRUE; or take the setting away, or name another admin`,
  );
}

function planRole(
  { postgresRole }: DesiredMetadataStore,
  { login, server: { role } }: ObservedMetadataStore,
): ServerAction[] {
  if (role === undefined) return [{ kind: 'createRole', postgresRole }];
  refuseAttributes(postgresRole, role);
  const isDisabled = !role.canLogin || role.expires;
  return [
    ...(isDisabled ? [{ kind: 'enableLogin', postgresRole } as const] : []),
    ...(isDisabled || mayDiffer(login) ? [{ kind: 'setPassword', postgresRole } as const] : []),
  ];
}

/** The role may be somebody else's with the same name, so its attributes are not removed. */
export function refuseAttributes(postgresRole: string, role: ObservedRole): void {
  if (role.attributes.length > 0)
    throw new PermanentError(
      `expected the role ${name(postgresRole)} to have no attribute but LOGIN, and found ` +
        `${role.attributes.join(', ')}; ` +
        "take them away if the role is the catalog's, or name another role",
    );
}

/**
 * Before 16, a member of a role has its rights and may give it objects. Since 16, the creator of a role is a member
 * with ADMIN only, and has to grant itself INHERIT and SET.
 */
export function planMembership(
  { postgresRole }: Pick<DesiredMetadataStore, 'postgresRole'>,
  { server: { admin, majorVersion } }: Pick<ObservedMetadataStore, 'server'>,
): ServerAction[] {
  const options = majorVersion >= 16 ? ' WITH INHERIT TRUE, SET TRUE' : '';
  return admin.actsAsRole ? [] : [{ kind: 'grantRoleToAdmin', postgresRole, options }];
}

/** Postgres checks the password first: other errors of a login mean that it was accepted. */
function mayDiffer(login: ObservedLogin): boolean {
  return login.outcome === 'untried' || (login.outcome === 'refused' && login.sqlstate === '28P01');
}

function planDatabase(
  { database: wanted, postgresRole, mustExist }: DesiredMetadataStore,
  { server, inside }: ObservedMetadataStore,
): MetadataStorePlan {
  const { database: found, admin } = server;
  const about = { database: wanted, postgresRole };
  if (found === undefined && mustExist)
    throw new PermanentError(
      `there is no database ${name(wanted)}, and its org is in moves.confirm: copy the database ` +
        '(docs/moves.md); if a new, empty one is meant, take the org out of moves.confirm',
    );
  // PUBLIC may connect to a new database, and its schema `public` belongs to pg_database_owner.
  if (found === undefined)
    return {
      onServer: [
        { kind: 'createDatabase', ...about, locale: localeFor(server) },
        { kind: 'revokePublicConnect', database: wanted },
      ],
      inside: [
        { kind: 'setSchemaOwner', ...about },
        ...planExtensions(wanted, server.missingExtensions ?? []),
      ],
      isInsideUnknown: false,
    };
  refuseForeignDatabase(about, found, admin.user);
  if (inside === undefined) {
    if (!found.adminMayConnect && admin.actsAsRole)
      throw new PermanentError(
        `the admin ${name(admin.login)} may not connect to the database ${name(wanted)}; grant it CONNECT`,
      );
    return { onServer: [], inside: [], isInsideUnknown: true };
  }
  const onServer: ServerAction[] = [];
  if (found.owner !== postgresRole) {
    if (inside.holdsObjectsOfOthers)
      throw expectedDatabase(
        wanted,
        `to be owned by ${name(postgresRole)}`,
        `owner ${name(found.owner)}, the admin, with tables of other roles in it`,
      );
    onServer.push({ kind: 'setDatabaseOwner', ...about });
  }
  if (found.openToPublic) onServer.push({ kind: 'revokePublicConnect', database: wanted });
  const actions: InsideAction[] = [];
  if (inside.schemaOwner !== postgresRole)
    actions.push({ kind: inside.schemaOwner === undefined ? 'createSchema' : 'setSchemaOwner', ...about });
  actions.push(...planExtensions(wanted, inside.missingExtensions));
  return { onServer, inside: actions, isInsideUnknown: false };
}

/** The extensions that the role cannot create itself. @throws PermanentError if the server lacks one. */
function planExtensions(database: string, missing: readonly MissingExtension[]): InsideAction[] {
  refuseUnavailable(database, missing);
  return missing
    .filter(({ isTrusted }) => !isTrusted)
    .map(({ name: extension }) => ({ kind: 'createExtension', database, extension }));
}

/** @throws PermanentError if the server lacks an extension that the migration needs. */
export function refuseUnavailable(database: string, missing: readonly MissingExtension[]): void {
  const absent = missing.filter(({ isAvailable }) => !isAvailable).map((extension) => extension.name);
  if (absent.length === 0) return;
  throw new PermanentError(
    `the migration needs extensions in the database ${name(database)} that the server does not have: ` +
      `${absent.join(', ')}; ` +
      ('install the package of additional modules (postgresql-contrib), or allow them where the ' +
        'provider has a list (azure.extensions)'),
  );
}

function refuseForeignDatabase(
  { database, postgresRole }: Pick<DesiredMetadataStore, 'database' | 'postgresRole'>,
  found: ObservedDatabase,
  admin: string,
): void {
  if (found.isTemplate) throw expectedDatabase(database, "to be the catalog's own", 'a template');
  if (found.encoding !== 'UTF8')
    throw expectedDatabase(database, 'to have the encoding UTF8', name(found.encoding));
  // The admin may own a database that a former set-up, or a person, left incomplete. If empty, the role becomes owner.
  if (![postgresRole, admin].includes(found.owner))
    throw expectedDatabase(database, `to be owned by ${name(postgresRole)}`, `owner ${name(found.owner)}`);
  refuseClosedDatabase(database, found);
  if (found.state === 'invalid')
    throw new PermanentError(
      `the database ${name(database)} is invalid, because DROP DATABASE was interrupted, and cannot be repaired; ` +
        `restore it from a backup, or start anew with an empty catalog: DROP DATABASE ${JSON.stringify(database)}`,
    );
}

/** @throws PermanentError if nobody may connect to the database. */
export function refuseClosedDatabase(database: string, { state }: Pick<ObservedDatabase, 'state'>): void {
  if (state !== 'closed') return;
  throw new PermanentError(
    `the database ${name(database)} allows no connections; run: ` +
      `ALTER DATABASE ${JSON.stringify(database)} ALLOW_CONNECTIONS true`,
  );
}

export function expectedDatabase(database: string, what: string, seen: string): PermanentError {
  return new PermanentError(
    `expected the database ${name(database)} ${what}, and found ${seen}; name another database, or put this one right`,
  );
}

/**
 * The collation is by code point, which is the same on every machine and in every version. A collation of libc or ICU
 * may change with the server's image, which corrupts indexes. `lower` and `pg_trgm` also need to know which
 * characters are letters: the builtin provider has Unicode since 17, libc has it where the system has C.UTF-8.
 */
function localeFor({ majorVersion, libcUtf8 }: ObservedServer): Locale {
  return { provider: majorVersion >= 17 ? 'builtin' : 'libc', characterType: libcUtf8 ?? 'C' };
}
