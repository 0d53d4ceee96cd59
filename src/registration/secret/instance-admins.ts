import { registrationSuffix } from '../../catalog/names.ts';
import { PermanentError } from '../../text/errors.ts';
import { nameForMessage } from '../../text/printable.ts';
import type { Registration } from '../registration.ts';

/**
 * The value of `LAKEKEEPER__INSTANCE_ADMINS` that the pods of a catalog read from the org's Secret: the user id of this
 * Job, from its own token (docs/facts/lakekeeper-auth.md §2 and §3). `none` where the settings know the id, or nobody
 * is one.
 *
 * @throws PermanentError when the token does not say who has it, or is another account's.
 */
export async function instanceAdmins({
  inputs,
  token,
}: Pick<Registration, 'inputs' | 'token'>): Promise<string | 'none'> {
  const { authentication, catalog, lakekeeperWarehouse } = inputs;
  const { instanceAdminClaim: claim } = lakekeeperWarehouse;
  if (claim === undefined || authentication.mode === 'none') return 'none';
  const claims = claimsOf((await token()) ?? '');
  if (authentication.mode === 'openID') {
    const subject = claim
      .split(',')
      .map((name) => claims[name])
      .find(isText);
    if (subject !== undefined) return JSON.stringify([`oidc~${subject}`]);
    throw new PermanentError(
      `the token of this Job for the catalog has no claim ${nameForMessage(claim)}, by which the catalog is to know ` +
        'it as its instance admin; set authentication.subjectClaim to a claim that the tokens of the provider have',
    );
  }
  const { serviceaccount = {} } = Object(claims['kubernetes.io']) as Kubernetes;
  const expected = `${catalog.name}${registrationSuffix}`;
  if (isText(serviceaccount.uid) && serviceaccount.name === expected)
    return JSON.stringify([`kubernetes~${serviceaccount.uid}`]);
  throw new PermanentError(
    `the token for the catalog is of the ServiceAccount ${nameForMessage(String(serviceaccount.name))}; expected one ` +
      `of ${catalog.namespace}/${expected}, whose uid the catalog is to know as its instance admin`,
  );
}

interface Kubernetes {
  readonly serviceaccount?: { readonly name?: unknown; readonly uid?: unknown };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** Nothing for a token that is no JWT. Whether it is good is for the catalog to say. */
function claimsOf(token: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()));
  } catch {
    return {};
  }
}
