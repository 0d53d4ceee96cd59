import type { SecretKey } from '../../catalog/catalog.ts';
import { orgKey } from '../../catalog/names.ts';
import { partOf } from '../../catalog/object-labels.ts';
import type {
  KubernetesClient,
  KubernetesObject,
  ObjectAddress,
} from '../../clients/kubernetes/kubernetes-client.ts';
import { hasCode } from '../../clients/kubernetes/kubernetes-errors.ts';
import { PermanentError } from '../../text/errors.ts';
import { readObject, resources } from './cluster-objects.ts';

/** A Secret as the API server returns it: always `data`, in base64, whatever it was written as. */
export interface SecretObject extends KubernetesObject {
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
}

/** Secrets by `namespace/name`, as they were when they were first read. */
export interface SecretReads {
  get(at: string): Promise<SecretObject | undefined> | undefined;
  set(at: string, read: Promise<SecretObject | undefined>): unknown;
}

/** @returns the Secret; undefined if it does not exist. */
export function readSecret(client: KubernetesClient, at: ObjectAddress): Promise<SecretObject | undefined> {
  return readObject<SecretObject>(client, resources.secrets, at);
}

/**
 * One value of a Secret, as text.
 *
 * @throws Error when the Secret or the key is not there (yet: something else may be about to write it); PermanentError
 *   when the value is empty or not text.
 */
export async function readSecretKey(
  client: KubernetesClient,
  { namespace, name, key }: SecretKey,
  reads: SecretReads = new Map(),
): Promise<string> {
  const readNow = () => {
    const read = readSecret(client, { namespace, name });
    reads.set(`${namespace}/${name}`, read);
    return read;
  };
  // A read of another run may have ended with that run.
  const secret = await (reads.get(`${namespace}/${name}`)?.catch(readNow) ?? readNow());
  if (secret === undefined)
    throw new Error(`there is no Secret ${namespace}/${name}; its key ${key} is needed`);
  const encoded = secret.data?.[key];
  if (encoded === undefined) {
    const keys = Object.keys(secret.data ?? {}).sort();
    throw new Error(
      `Secret ${namespace}/${name} has no key ${key}; it has: ${keys.join(', ') || 'no keys at all'}`,
    );
  }
  const value = decodeSecretValue(encoded);
  if (!value)
    throw new PermanentError(
      `key ${key} of Secret ${namespace}/${name} is ${value === '' ? 'empty' : 'not text'}`,
    );
  return value;
}

/** @returns the text; undefined when it is not base64 of UTF-8. */
export function decodeSecretValue(encoded: string): string | undefined {
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.toString('base64') !== encoded) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

export interface NewSecret extends ObjectAddress {
  readonly org: string;
  /** Value of the org label: the org id where it is a label value. */
  readonly orgLabel: string;
  /** In base64. */
  readonly data: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * Makes the org's Secret. Nothing on it lets Argo CD take it for a resource of the application, which it would prune.
 *
 * @returns the Secret, and whether it is ours: when somebody was quicker, theirs is what counts.
 */
export async function createSecret(
  client: KubernetesClient,
  { namespace, name, org, orgLabel, data, annotations }: NewSecret,
): Promise<{ readonly outcome: 'created' | 'exists'; readonly secret: SecretObject }> {
  const metadata = {
    name,
    namespace,
    labels: { ...partOf, [orgKey]: orgLabel },
    annotations: { ...annotations, [orgKey]: org },
  };
  const body = { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data };
  try {
    const call = { verb: 'create', resource: resources.secrets, namespace, body } as const;
    return { outcome: 'created', secret: await client.call<SecretObject>(call) };
  } catch (error) {
    if (!hasCode(error, 409)) throw error;
    const secret = await readSecret(client, { namespace, name });
    if (secret === undefined) throw new Error(`Secret ${namespace}/${name} was there and is gone again`);
    return { outcome: 'exists', secret };
  }
}

/**
 * Sets keys, labels and annotations of a Secret, and touches nothing else; one that is null is taken away.
 *
 * @param observed what the decision was made from: the Secret is only written when it is still that one.
 * @returns the Secret as it is now; `conflict`: somebody wrote it meanwhile, decide again.
 */
export async function patchSecret(
  client: KubernetesClient,
  { namespace, name }: ObjectAddress,
  observed: SecretObject,
  change: {
    readonly data?: Readonly<Record<string, string | null>>;
    readonly annotations?: Readonly<Record<string, string | null>>;
    readonly labels?: Readonly<Record<string, string | null>>;
  },
): Promise<{ readonly outcome: 'updated' | 'conflict'; readonly secret: SecretObject }> {
  // No two objects ever share a version: one that was deleted and made anew is found out, too.
  const { resourceVersion } = observed.metadata;
  const { annotations, labels, data } = change;
  const metadata = { resourceVersion, ...(annotations && { annotations }), ...(labels && { labels }) };
  const body = { metadata, ...(data && { data }) };
  try {
    const call = { verb: 'patch', resource: resources.secrets, namespace, name, body } as const;
    return { outcome: 'updated', secret: await client.call<SecretObject>(call) };
  } catch (error) {
    if (!hasCode(error, 409) && !hasCode(error, 404)) throw error;
    const secret = await readSecret(client, { namespace, name });
    if (secret === undefined)
      throw new Error(`Secret ${namespace}/${name} was deleted meanwhile`, { cause: error });
    return { outcome: 'conflict', secret };
  }
}

/**
 * Deletes a Secret, when it is still the one that was observed.
 *
 * @returns `conflict`: somebody wrote it meanwhile, decide again.
 */
export async function deleteSecret(
  client: KubernetesClient,
  { namespace, name }: ObjectAddress,
  { metadata: { uid, resourceVersion } }: SecretObject,
): Promise<'deleted' | 'conflict'> {
  const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid, resourceVersion } };
  try {
    await client.call({ verb: 'delete', resource: resources.secrets, namespace, name, body });
    return 'deleted';
  } catch (error) {
    if (hasCode(error, 404)) return 'deleted';
    if (hasCode(error, 409)) return 'conflict';
    throw error;
  }
}
