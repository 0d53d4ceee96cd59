import { type SecretKey, secretKeys } from '../../catalog/catalog.ts';
import { retiredLabel } from '../../catalog/object-labels.ts';
import { PermanentError } from '../../text/errors.ts';
import type { SecretObject } from '../objects/secret-objects.ts';
import { secretValues } from './observe.ts';

/** What the decision about the org's Secret rests on. */
export interface OrgSecretSituation {
  readonly namespace: string;
  readonly name: string;
  readonly observed: SecretObject | undefined;
  /** Whether the metadata store already holds Lakekeeper's tables. */
  readonly databaseHoldsCatalog: boolean;
  /** `--accept-new-encryption-key` */
  readonly acceptNewEncryptionKey: boolean;
  readonly credentials:
    | { readonly provisioning: 'admin'; readonly postgresRole: string }
    /** As they are at their source now. */
    | { readonly provisioning: 'preProvisioned'; readonly user: string; readonly password: string };
  /** Values to use where there are none. */
  readonly drafts: {
    readonly password: string;
    readonly encryptionKey: string;
    readonly oauthClientSecret: string;
  };
}

export interface OrgCredentials {
  readonly user: string;
  readonly password: string;
}

export interface OrgSecretPlan {
  /** `none`: the Secret is as it has to be. */
  readonly action: 'none' | 'create' | 'patch';
  /** Keys to write, in base64. */
  readonly data: Readonly<Record<string, string>>;
  /** Labels to take away, of an org that was retired and comes back. */
  readonly labels: Readonly<Record<string, null>>;
  /** What the metadata store has to agree with once the Secret is written. */
  readonly credentials: OrgCredentials;
  /** Whether the password is that of the drafts. */
  readonly isNewPassword: boolean;
  /** All that nothing may show. */
  readonly secrets: readonly string[];
}

/**
 * What to do about the org's Secret. One that is there is kept byte for byte; keys that are missing are added;
 * credentials that were exchanged at their source are carried over. The encryption key is never changed: with
 * another one, the credentials that the catalog has stored cannot be read.
 *
 * @throws PermanentError when going on would lose data or somebody else's intent; the message says what to do.
 */
export function planOrgSecret(situation: OrgSecretSituation): OrgSecretPlan {
  const { observed, drafts, credentials: given } = situation;
  const held = observed === undefined ? {} : secretValues(observed);
  refuseNewEncryptionKey(situation, held);
  const user = given.provisioning === 'admin' ? given.postgresRole : given.user;
  if (given.provisioning === 'admin') refuseOtherUser(situation, held[secretKeys.user], user);
  const password =
    given.provisioning === 'preProvisioned' ? given.password : (held[secretKeys.password] ?? drafts.password);
  const desired: Record<string, string> = {
    [secretKeys.user]: user,
    [secretKeys.password]: password,
    [secretKeys.encryptionKey]: held[secretKeys.encryptionKey] ?? drafts.encryptionKey,
    [secretKeys.oauthClientSecret]: held[secretKeys.oauthClientSecret] ?? drafts.oauthClientSecret,
  };
  const differing = Object.entries(desired).filter(([key, value]) => held[key] !== value);
  const data = Object.fromEntries(differing.map(([key, value]) => [key, encodeSecretValue(value)]));
  const isRetired = observed?.metadata.labels?.[retiredLabel] !== undefined;
  const isPatched = differing.length > 0 || isRetired;
  return {
    action: observed === undefined ? 'create' : isPatched ? 'patch' : 'none',
    data,
    labels: isRetired ? { [retiredLabel]: null } : {},
    credentials: { user, password },
    isNewPassword: given.provisioning === 'admin' && held[secretKeys.password] === undefined,
    secrets: Object.entries(desired).flatMap(([key, value]) => (key === secretKeys.user ? [] : [value])),
  };
}

function encodeSecretValue(value: string): string {
  return Buffer.from(value, 'utf8').toString('base64');
}

function refuseNewEncryptionKey(
  { namespace, name, observed, databaseHoldsCatalog, acceptNewEncryptionKey }: OrgSecretSituation,
  held: Partial<Record<string, string>>,
): void {
  if (!databaseHoldsCatalog || acceptNewEncryptionKey || held[secretKeys.encryptionKey] !== undefined) return;
  const missing =
    observed === undefined
      ? `there is no Secret ${namespace}/${name}`
      : `Secret ${namespace}/${name} has no key ${secretKeys.encryptionKey}`;
  throw new PermanentError(
    `${missing}, but the database already holds a catalog: with a new encryption key its stored ` +
      'credentials could not be read. ' +
      ('Restore the Secret from a backup; or, when the key is lost for good, run register once with ' +
        '--accept-new-encryption-key ') +
      `and set the credentials of its warehouses again`,
  );
}

/**
 * Password and ownership are about to be made to agree with this name: a name that is not the org's own is not
 * touched.
 */
function refuseOtherUser(
  { namespace, name, databaseHoldsCatalog, observed, acceptNewEncryptionKey }: OrgSecretSituation,
  held: string | undefined,
  expected: string,
): void {
  const at: SecretKey = { namespace, name, key: secretKeys.user };
  if (held !== undefined && held !== expected)
    throw new PermanentError(
      `key ${at.key} of Secret ${namespace}/${name} names another Postgres role than the org's own, ` +
        `${expected}; correct the Secret, or name the role in the platform settings' overrides`,
    );
  if (held === undefined && observed !== undefined && databaseHoldsCatalog && !acceptNewEncryptionKey)
    throw new PermanentError(
      `Secret ${namespace}/${name} has no key ${at.key}, but the database already holds a catalog: ` +
        'somebody changed the Secret by hand. Add the key with the role that owns the database ' +
        `(${expected} by its name)`,
    );
}
