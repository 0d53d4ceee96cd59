import { secretKeys } from '../../catalog/catalog.ts';
import type { SecretKey } from '../../catalog/data-store-inputs.ts';
import { retiredLabel } from '../../catalog/object-labels.ts';
import { PermanentError } from '../../text/errors.ts';
import type { SecretObject } from '../objects/secret-objects.ts';
import { secretValues } from './observe.ts';

/** The input of the plan for the org's Secret. */
export interface OrgSecretSituation {
  readonly namespace: string;
  readonly name: string;
  readonly observed: SecretObject | undefined;
  /** Whether the database already has tables. */
  readonly databaseHoldsCatalog: boolean;
  /** `--accept-new-encryption-key` */
  readonly acceptNewEncryptionKey: boolean;
  readonly credentials:
    | { readonly provisioning: 'admin'; readonly postgresRole: string }
    /** The current values of their source. */
    | { readonly provisioning: 'preProvisioned'; readonly user: string; readonly password: string };
  /** `none`: the key is removed. Undefined: it is left as it is. */
  readonly instanceAdmins?: string | 'none' | undefined;
  /** New values, for keys that the Secret lacks. */
  readonly drafts: {
    readonly password: string;
    readonly encryptionKey: string;
    readonly oauthClientSecret: string;
  };
}

interface OrgCredentials {
  readonly user: string;
  readonly password: string;
}

export interface OrgSecretPlan {
  /** `none`: nothing has to be written. */
  readonly action: 'none' | 'create' | 'patch';
  /** The keys to write, in base64; null removes one. */
  readonly data: Readonly<Record<string, string | null>>;
  /** Labels to remove, of an org that was retired and comes back. */
  readonly labels: Readonly<Record<string, null>>;
  /** The login of the Secret once it is written. The metadata store has to accept it. */
  readonly credentials: OrgCredentials;
  /** Whether the password is that of the drafts. */
  readonly isNewPassword: boolean;
  /** The values that have to be redacted. */
  readonly secrets: readonly string[];
}

/**
 * The plan for the org's Secret. Existing values are kept, missing keys are added, and provided credentials are
 * updated from their source. The encryption key is never changed: with another one, the catalog cannot decrypt the
 * credentials that it has stored.
 *
 * @throws PermanentError if data or another person's change would be lost; the message has what to do.
 */
export function planOrgSecret(situation: OrgSecretSituation): OrgSecretPlan {
  const { observed, drafts, credentials: given, instanceAdmins } = situation;
  const found = observed === undefined ? {} : secretValues(observed);
  refuseDeletion(situation);
  refuseNewEncryptionKey(situation, found);
  const user = given.provisioning === 'admin' ? given.postgresRole : given.user;
  if (given.provisioning === 'admin') refuseOtherUser(situation, found[secretKeys.user], user);
  const password =
    given.provisioning === 'preProvisioned'
      ? given.password
      : (found[secretKeys.password] ?? drafts.password);
  const desired: Record<string, string> = {
    [secretKeys.user]: user,
    [secretKeys.password]: password,
    [secretKeys.encryptionKey]: found[secretKeys.encryptionKey] ?? drafts.encryptionKey,
    [secretKeys.oauthClientSecret]: found[secretKeys.oauthClientSecret] ?? drafts.oauthClientSecret,
  };
  const differing = Object.entries(desired).filter(([key, value]) => found[key] !== value);
  const data: Record<string, string | null> = Object.fromEntries(
    differing.map(([key, value]) => [key, encodeSecretValue(value)]),
  );
  const { instanceAdmins: admins } = secretKeys;
  if (instanceAdmins === 'none' && found[admins] !== undefined) data[admins] = null;
  else if (instanceAdmins !== undefined && instanceAdmins !== 'none' && found[admins] !== instanceAdmins)
    data[admins] = encodeSecretValue(instanceAdmins);
  const isRetired = observed?.metadata.labels?.[retiredLabel] !== undefined;
  const isPatched = Object.keys(data).length > 0 || isRetired;
  return {
    action: observed === undefined ? 'create' : isPatched ? 'patch' : 'none',
    data,
    labels: isRetired ? { [retiredLabel]: null } : {},
    credentials: { user, password },
    isNewPassword: given.provisioning === 'admin' && found[secretKeys.password] === undefined,
    secrets: Object.entries(desired).flatMap(([key, value]) => (key === secretKeys.user ? [] : [value])),
  };
}

function encodeSecretValue(value: string): string {
  return Buffer.from(value, 'utf8').toString('base64');
}

/** Nothing may begin to depend on a key that is about to be lost. */
function refuseDeletion({ namespace, name, observed }: OrgSecretSituation): void {
  if (observed?.metadata.deletionTimestamp === undefined) return;
  throw new PermanentError(
    `Secret ${namespace}/${name} is being deleted, and a finalizer keeps it for now. Where it has the encryption key ` +
      'of a catalog, save it: copy it, let it go, create it again without its metadata, and run register again',
  );
}

function refuseNewEncryptionKey(
  { namespace, name, observed, databaseHoldsCatalog, acceptNewEncryptionKey }: OrgSecretSituation,
  found: Partial<Record<string, string>>,
): void {
  if (!databaseHoldsCatalog || acceptNewEncryptionKey || found[secretKeys.encryptionKey] !== undefined)
    return;
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
 * The role of this name will get the password and the database, so it has to be the org's own.
 *
 * @param found the name in the Secret.
 */
function refuseOtherUser(
  { namespace, name, databaseHoldsCatalog, observed, acceptNewEncryptionKey }: OrgSecretSituation,
  found: string | undefined,
  expected: string,
): void {
  const at: SecretKey = { namespace, name, key: secretKeys.user };
  if (found !== undefined && found !== expected)
    throw new PermanentError(
      `key ${at.key} of Secret ${namespace}/${name} names another Postgres role than the org's own, ` +
        `${expected}; correct the Secret, or name the role in the platform settings' overrides`,
    );
  if (found === undefined && observed !== undefined && databaseHoldsCatalog && !acceptNewEncryptionKey)
    throw new PermanentError(
      `Secret ${namespace}/${name} has no key ${at.key}, but the database already holds a catalog: ` +
        'somebody changed the Secret by hand. Add the key with the role that owns the database ' +
        `(${expected} by its name)`,
    );
}
