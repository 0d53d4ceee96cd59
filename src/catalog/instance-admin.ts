import type { Platform } from '../platform/platform-settings.ts';
import { compareVersions, imageVersion } from '../text/image-version.ts';
import type { Catalog } from './catalog.ts';
import { nameLimits, proofSuffix, registrationSuffix } from './names.ts';
import { enforcedAuthentication, usesBroker } from './worker-login.ts';

/** From this version on, a warehouse may be managed by instance admins (docs/facts/lakekeeper-auth.md §4.2). */
const managedSince = { major: 0, minor: 13 };
/** From this version on, a ServiceAccount may be known by its name (docs/facts/lakekeeper-auth.md §2). */
const userNamesSince = { major: 0, minor: 13, patch: 3 };

/** The longest namespace with which the subject of a ServiceAccount fits, also for the longest name of a catalog. */
const longestNamespace =
  127 - 'system:serviceaccount::'.length - nameLimits.kubernetes - registrationSuffix.length;

/**
 * How a catalog identifies the registration Job, its instance admin. Either the user id follows from the settings, or
 * it is in the Job's token only: the uid of its account, or the subject of its client. Then registration writes it
 * into the org's Secret, and the pods of the catalog read it there.
 */
export type InstanceAdmin =
  | { readonly userId: string }
  /** Name of the claim; `uid` of the ServiceAccount. */
  | { readonly claim: string };

/**
 * The registration Job as the instance admin: with authentication, any worker may otherwise rename, deactivate and
 * delete the warehouse. Undefined where the server has no instance admins: without authentication or amendments, and
 * before 0.13.
 */
export function instanceAdmin(
  { authentication, names, image }: Pick<Catalog, 'authentication' | 'names' | 'image'>,
  { operator, tenancy, namespace }: Platform,
): InstanceAdmin | undefined {
  if (enforcedAuthentication(authentication) === undefined || !operator.amendments) return undefined;
  const version = imageVersion(image);
  if (version === undefined || compareVersions(version, managedSince) < 0) return undefined;
  const user = `system:serviceaccount:${names.namespace}:${names.kubernetes}${registrationSuffix}`;
  // The server refuses subjects of 128 characters and more (docs/facts/lakekeeper-auth.md §3). By the settings alone:
  // orgs whose names have different lengths are rendered by one template.
  const isTooLong = tenancy === 'sharedNamespace' && namespace.length > longestNamespace;
  if (authentication.mode === 'none') return undefined;
  if (authentication.mode === 'kubernetes')
    return isTooLong || compareVersions(version, userNamesSince) < 0
      ? { claim: 'uid' }
      : { userId: `kubernetes~${user}` };
  const { issuer, subjectClaim } = authentication;
  if (issuer === 'external' || subjectClaim !== 'sub') return { claim: subjectClaim };
  return isTooLong ? undefined : { userId: `oidc~${user}` };
}

/**
 * Name of a ServiceAccount without rights in the cluster. In the catalog it may do what a worker may, so the proof
 * tries its token. Undefined where the Job is no instance admin, and where the catalog accepts no ServiceAccount
 * tokens.
 */
export function proofAccount(
  catalog: Pick<Catalog, 'authentication' | 'names' | 'image'>,
  platform: Platform,
): string | undefined {
  if (instanceAdmin(catalog, platform) === undefined || !usesBroker(catalog.authentication)) return undefined;
  return `${catalog.names.kubernetes}${proofSuffix}`;
}
