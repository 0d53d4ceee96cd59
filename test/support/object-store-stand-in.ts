import { randomUUID } from 'node:crypto';
import { type Answer, error } from './lakekeeper-answer.ts';
import type { Credential, Profile } from './lakekeeper-storage.ts';

/**
 * An object store that a server may meet when it tries a warehouse's storage out; simulated, in the words of the
 * recordings.
 */
export interface ObjectStore {
  /** As in storage profiles, without a slash at its end. */
  readonly endpoint: string;
  readonly buckets: readonly string[];
  /** Secrets by key id; without it every key may do all. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Key ids that may only read. */
  readonly readers?: readonly string[];
  /** Whether it speaks TLS by a certificate that the server trusts; without TLS it does not matter. */
  readonly isTrusted?: boolean;
}

/**
 * How the server reports what it met when it wrote, read and deleted below the prefix; undefined when all went well.
 */
export function tryOut(
  profile: Profile,
  credential: Credential | undefined,
  stores: readonly ObjectStore[],
): Answer | undefined {
  const refuse = (type: string, said: string) =>
    error(
      400,
      type,
      `IO error at \`s3://${profile.bucket}/${profile['key-prefix']}/${randomUUID()}/metadata/test\`: ${said}`,
      'IO Operation Failed during validation.',
    );
  const unknown = (operation: string) =>
    refuse('Unexpected', `Unknown S3 error during ${operation}: unhandled error`);
  if (credential === undefined) return unknown('head operation');
  const store = stores.find(({ endpoint }) => `${endpoint}/` === profile.endpoint);
  if (store === undefined || store.isTrusted === false) return unknown('write');
  if (credential['credential-type'] !== 'access-key') return unknown('write');
  const id = String(credential['aws-access-key-id'] ?? credential['access-key-id']);
  const secret = credential['aws-secret-access-key'] ?? credential['secret-access-key'];
  if (store.secrets !== undefined && store.secrets[id] === undefined)
    return refuse(
      'ConfigInvalid',
      'S3 write failed: The AWS Access Key Id you provided does not exist in our records.',
    );
  if (store.secrets !== undefined && store.secrets[id] !== secret)
    return refuse(
      'Unexpected',
      'S3 write failed: The request signature we calculated does not match the signature you ' +
        'provided. Check your key and signing method.',
    );
  if (!store.buckets.includes(String(profile.bucket)))
    return refuse('NotFound', 'S3 write failed: The specified bucket does not exist');
  if (store.readers?.includes(id)) return refuse('PermissionDenied', 'S3 write failed: Access Denied');
  return profile['sts-enabled'] === true
    ? error(
        412,
        'ShortTermCredentialError',
        'Failed to create short-term credential: Failed to assume role via STS',
      )
    : undefined;
}
