import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { secretKeys } from '../../catalog/catalog.ts';
import type { KubernetesClient, KubernetesObject } from '../../clients/kubernetes/kubernetes-client.ts';
import { PermanentError } from '../../text/errors.ts';
import { type ConfigMapObject, readConfigMap } from '../objects/configmap-objects.ts';
import { decodeSecretValue, readSecret, type SecretObject } from '../objects/secret-objects.ts';

/** The values that the catalog's pods read only at their start. */
export interface ObservedStartValues {
  /** The org's Secret, with the name of the catalog; undefined if it does not exist. */
  readonly secret: SecretObject | undefined;
  /** The ConfigMap of the org's amendments; undefined if there is none. */
  readonly amendments: Amendments | undefined;
}
/** Without metadata if it was read from a volume. */
export type Amendments = Pick<ConfigMapObject, 'data'> & Partial<KubernetesObject>;

/**
 * Reads the org's Secret and the ConfigMap of its amendments.
 *
 * @param amendments name of the ConfigMap; undefined without amendments.
 * @param directory the volume where it may be mounted. It is then the ConfigMap as of the start of this pod, and the
 * time of its last change is not known.
 */
export async function observeStartValues(
  client: KubernetesClient,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  amendments: string | undefined,
  directory?: string,
): Promise<ObservedStartValues> {
  const secret = await readSecret(client, { namespace, name });
  if (amendments === undefined) return { secret, amendments: undefined };
  const mounted = directory === undefined ? undefined : await mountedData(directory);
  return { secret, amendments: mounted ?? (await readConfigMap(client, { namespace, name: amendments })) };
}

/** The values of a mounted ConfigMap: one file for each key. Names with `..` are the kubelet's. */
async function mountedData(directory: string): Promise<Pick<ConfigMapObject, 'data'> | undefined> {
  const names = await readdir(directory).catch(() => []);
  const keys = names.filter((name) => !name.startsWith('..'));
  if (keys.length === 0) return undefined;
  const values = keys.map(async (key) => [key, await readFile(join(directory, key), 'utf8')] as const);
  return { data: Object.fromEntries(await Promise.all(values)) };
}

/**
 * The decoded values of our keys in a Secret. Other keys are ignored.
 *
 * @throws PermanentError if one of them is empty or not text.
 */
export function secretValues({ metadata, data = {} }: SecretObject): Partial<Record<string, string>> {
  const problems: string[] = [];
  const values: Partial<Record<string, string>> = {};
  for (const key of Object.values(secretKeys)) {
    const encoded = Object.hasOwn(data, key) ? data[key] : undefined;
    if (encoded === undefined) continue;
    const value = decodeSecretValue(encoded);
    if (value) values[key] = value;
    else problems.push(`${key} is ${value === '' ? 'empty' : 'not base64 of text'}`);
  }
  if (problems.length === 0) return values;
  throw new PermanentError(
    `Secret ${metadata.namespace}/${metadata.name} is malformed: ${problems.join('; ')}; put the ` +
      'right values back, or take these keys away to have new ones made where that is safe',
  );
}

/** An entry of the API server's `managedFields`. `time` is in whole seconds, by its clock. */
interface ManagedFields {
  readonly manager?: string;
  readonly time?: string;
  readonly fieldsV1?: Readonly<Record<string, unknown>>;
}

/**
 * The object with only those parts of `managedFields` that are read below. With one key for each field of the object,
 * they may take more memory than the object.
 */
export function withLeanFields<T extends KubernetesObject>({ metadata, ...object }: T): T {
  const { managedFields = [] } = metadata as { managedFields?: readonly ManagedFields[] };
  const lean = managedFields.map(({ manager, time, fieldsV1 = {} }) => {
    const { 'f:annotations': annotations } = Object(fieldsV1['f:metadata']);
    const data = Object.hasOwn(fieldsV1, 'f:data') && { 'f:data': {} };
    return { manager, time, fieldsV1: { ...data, 'f:metadata': { 'f:annotations': annotations } } };
  });
  return { ...object, metadata: { ...metadata, managedFields: lean } } as unknown as T;
}

/** The manager of our own writes: the API server takes it from the `user-agent`. */
const ownManager = 'lakekeeper-gitops';

/**
 * When the data of a Secret or a ConfigMap last changed, by `managedFields`.
 *
 * @param by `others`: without our own writes. Our writes of annotations also change the time of our entry.
 * @returns milliseconds since 1970; undefined if `managedFields` has no entry with data.
 */
export function dataChangedAt(
  object: Partial<KubernetesObject> | undefined,
  by: 'anybody' | 'others' = 'anybody',
): number | undefined {
  return lastWriteAt(
    object,
    ({ manager, fieldsV1 = {} }) =>
      Object.hasOwn(fieldsV1, 'f:data') && (by === 'anybody' || manager !== ownManager),
  );
}

/**
 * When another client wrote this annotation of ours, for example with a backup of the object.
 *
 * @returns milliseconds since 1970; undefined if it is as we wrote it.
 */
export function othersWroteAnnotationAt(object: KubernetesObject, key: string): number | undefined {
  return lastWriteAt(object, ({ manager, fieldsV1 = {} }) => {
    const { 'f:annotations': annotations = {} } = Object(fieldsV1['f:metadata']);
    return manager !== ownManager && Object.hasOwn(annotations, `f:${key}`);
  });
}

function lastWriteAt(
  object: Partial<KubernetesObject> | undefined,
  isOf: (entry: ManagedFields) => boolean,
): number | undefined {
  const { managedFields = [] } = (object?.metadata ?? {}) as { managedFields?: readonly ManagedFields[] };
  const times = managedFields
    .filter(isOf)
    .map(({ time = '' }) => Date.parse(time))
    .filter((time) => !Number.isNaN(time));
  return times.length === 0 ? undefined : Math.max(...times);
}
