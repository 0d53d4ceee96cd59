import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { secretKeys } from '../../catalog/catalog.ts';
import type { KubernetesClient, KubernetesObject } from '../../clients/kubernetes/kubernetes-client.ts';
import { PermanentError } from '../../text/errors.ts';
import { type ConfigMapObject, readConfigMap } from '../objects/configmap-objects.ts';
import { decodeSecretValue, readSecret, type SecretObject } from '../objects/secret-objects.ts';

/** What the catalog's pods read at their start, and from then on keep. */
export interface ObservedStartValues {
  /** The org's Secret, of the same name as the catalog; undefined when it is not there. */
  readonly secret: SecretObject | undefined;
  /** The ConfigMap of the org's amendments; undefined when there is none. */
  readonly amendments: Amendments | undefined;
}
/** Without metadata where it is mounted. */
export type Amendments = Pick<ConfigMapObject, 'data'> & Partial<KubernetesObject>;

/**
 * @param amendments name of the ConfigMap; undefined where the settings have no amendments.
 * @param directory where it may be mounted, as it was when this pod started. It then has no metadata: neither can be
 * known when it changed.
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

/** Values of a ConfigMap that is mounted: a file for each, beside those of the kubelet itself. */
async function mountedData(directory: string): Promise<Pick<ConfigMapObject, 'data'> | undefined> {
  const names = await readdir(directory).catch(() => []);
  const keys = names.filter((name) => !name.startsWith('..'));
  if (keys.length === 0) return undefined;
  const values = keys.map(async (key) => [key, await readFile(join(directory, key), 'utf8')] as const);
  return { data: Object.fromEntries(await Promise.all(values)) };
}

/**
 * Our keys of a Secret, in clear; other keys are nobody's business.
 *
 * @throws PermanentError when one of them is empty or no text.
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

/** Who wrote which fields, and when it last changed one: the API server's own notes, in whole seconds of its clock. */
interface ManagedFields {
  readonly manager?: string;
  readonly time?: string;
  readonly fieldsV1?: Readonly<Record<string, unknown>>;
}

/** What our own writes are noted under: the API server takes it from the `user-agent`. */
const ownManager = 'lakekeeper-gitops';

/**
 * When the data of a Secret or a ConfigMap last changed, whoever did it.
 *
 * @param by `others`: not we, whose later writes of annotations move the time too.
 * @returns milliseconds; undefined when the API server has no note of it.
 */
export function dataChangedAt(
  object: Partial<KubernetesObject> | undefined,
  by: 'anybody' | 'others' = 'anybody',
): number | undefined {
  const { managedFields = [] } = (object?.metadata ?? {}) as { managedFields?: readonly ManagedFields[] };
  const times = managedFields
    .filter(({ fieldsV1 = {} }) => Object.hasOwn(fieldsV1, 'f:data'))
    .filter(({ manager }) => by === 'anybody' || manager !== ownManager)
    .map(({ time = '' }) => Date.parse(time))
    .filter((time) => !Number.isNaN(time));
  return times.length === 0 ? undefined : Math.max(...times);
}
