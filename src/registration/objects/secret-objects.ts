import type { SecretKey } from '../../catalog/data-store-inputs.ts';
import { orgKey } from '../../catalog/names.ts';
import { partOf } from '../../catalog/object-labels.ts';
import type {
  KubernetesClient,
  KubernetesObject,
  ObjectAddress,
} from '../../clients/kubernetes/kubernetes-client.ts';
import { isRefusedAs } from '../../clients/kubernetes/kubernetes-errors.ts';
import { PermanentError } from '../../text/errors.ts';
import { readObject, resources } from './cluster-objects.ts';

/** A Secret as the API server returns it: with `data` in base64, also if it was written with `stringData`. */
export interface SecretObject extends KubernetesObject {
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
}

/** A cache of Secrets, by `namespace/name`. */
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
 * @throws Error, which is transient, if the Secret or the key does not exist (yet); PermanentError if the value is
 * empty or not text.
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
  // The cached read may have been aborted with the run that began it.
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

/** @returns the text; undefined if it is not base64 of UTF-8. */
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
  /** Value of the org label: the org id, where that is a valid label value. */
  readonly orgLabel: string;
  /** In base64. */
  readonly data: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * Creates the org's Secret. It has none of Argo CD's tracking labels, so Argo CD does not prune it.
 *
 * @returns `exists` with the other Secret, if another client has created one meanwhile.
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
    if (!isRefusedAs(error, 'conflict')) throw error;
    const secret = await readSecret(client, { namespace, name });
    if (secret === undefined) throw new Error(`Secret ${namespace}/${name} was deleted meanwhile`);
    return { outcome: 'exists', secret };
  }
}

/**
 * Sets keys, labels and annotations of a Secret. One with null is removed.
 *
 * @param observed the Secret that the change was derived from. It is written only at this resource version.
 * @returns the current Secret; `conflict` if another client has written it meanwhile, so that the change has to be
 * derived again.
 * @throws Error if it was deleted meanwhile.
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
  // A Secret that was deleted and created again also has another resource version.
  const { resourceVersion } = observed.metadata;
  const { annotations, labels, data } = change;
  const metadata = { resourceVersion, ...(annotations && { annotations }), ...(labels && { labels }) };
  const body = { metadata, ...(data && { data }) };
  try {
    const call = { verb: 'patch', resource: resources.secrets, namespace, name, body } as const;
    return { outcome: 'updated', secret: await client.call<SecretObject>(call) };
  } catch (error) {
    if (!isRefusedAs(error, 'conflict') && !isRefusedAs(error, 'notFound')) throw error;
    const secret = await readSecret(client, { namespace, name });
    if (secret === undefined)
      throw new Error(`Secret ${namespace}/${name} was deleted meanwhile`, { cause: error });
    return { outcome: 'conflict', secret };
  }
}

/**
 * Deletes a Secret, when it is still the one that was observed.
 *
 * @returns `deleting`: a finalizer keeps it for now; `conflict`: somebody wrote it meanwhile, decide again.
 */
export async function deleteSecret(
  client: KubernetesClient,
  { namespace, name }: ObjectAddress,
  { metadata: { uid, resourceVersion } }: SecretObject,
): Promise<'deleted' | 'deleting' | 'conflict'> {
  const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid, resourceVersion } };
  try {
    const call = { verb: 'delete', resource: resources.secrets, namespace, name, body } as const;
    // A Status once it is gone; the object while a finalizer keeps it.
    const { kind } = await client.call<{ readonly kind: string }>(call);
    return kind === 'Secret' ? 'deleting' : 'deleted';
  } catch (error) {
    if (isRefusedAs(error, 'notFound')) return 'deleted';
    if (isRefusedAs(error, 'conflict')) return 'conflict';
    throw error;
  }
}
