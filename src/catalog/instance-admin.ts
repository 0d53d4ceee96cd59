import type { Platform } from '../platform/platform-settings.ts';
import { compareVersions, imageVersion } from '../text/image-version.ts';
import type { Catalog } from './catalog.ts';
import { nameLimits, registrationSuffix } from './names.ts';
import { enforcedAuthentication } from './worker-login.ts';

/** From this version on, a warehouse may be managed by instance admins (docs/facts/lakekeeper-auth.md §4.2). */
const managedSince = { major: 0, minor: 13 };
/** From this version on, a ServiceAccount may be known by its name (docs/facts/lakekeeper-auth.md §2). */
const userNamesSince = { major: 0, minor: 13, patch: 3 };

/** With the longest name of a catalog, and what is around both. */
const longestNamespace =
  127 - 'system:serviceaccount::'.length - nameLimits.kubernetes - registrationSuffix.length;

/**
 * The registration Job's user id in the catalog, where it is to be the instance admin: with authentication, any worker
 * may otherwise rename, deactivate and delete the warehouse. Undefined where the server cannot be told of it: without
 * authentication or amendments, before 0.13, and where the id is not known from the settings.
 */
export function instanceAdmin(
  { authentication, names, image }: Pick<Catalog, 'authentication' | 'names' | 'image'>,
  { operator, tenancy, namespace }: Platform,
): string | undefined {
  if (enforcedAuthentication(authentication) === undefined || !operator.amendments) return undefined;
  const version = imageVersion(image);
  if (version === undefined || compareVersions(version, managedSince) < 0) return undefined;
  const user = `system:serviceaccount:${names.namespace}:${names.kubernetes}${registrationSuffix}`;
  // The server refuses subjects of 128 characters and more (docs/facts/lakekeeper-auth.md §3). By the settings alone:
  // orgs whose names have different lengths are rendered by one template.
  if (tenancy === 'sharedNamespace' && namespace.length > longestNamespace) return undefined;
  if (authentication.mode === 'kubernetes')
    return compareVersions(version, userNamesSince) < 0 ? undefined : `kubernetes~${user}`;
  const isBySubject = 'issuer' in authentication && authentication.issuer === 'cluster';
  return isBySubject && authentication.subjectClaim === 'sub' ? `oidc~${user}` : undefined;
}
