import { isDeepStrictEqual } from 'node:util';
import type {
  KubernetesClient,
  KubernetesObject,
  ObjectAddress,
} from '../../clients/kubernetes/kubernetes-client.ts';
import { isRefusedAs } from '../../clients/kubernetes/kubernetes-errors.ts';
import { readObject, resources } from './cluster-objects.ts';

export interface ConfigMapObject extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>>;
}

export function readConfigMap(
  client: KubernetesClient,
  at: ObjectAddress,
): Promise<ConfigMapObject | undefined> {
  return readObject<ConfigMapObject>(client, resources.configMaps, at);
}

/** Creates or updates a ConfigMap so that it has exactly this data. Other labels and annotations are kept. */
export async function ensureConfigMap(
  client: KubernetesClient,
  { namespace, name }: ObjectAddress,
  desired: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly data: Readonly<Record<string, string>>;
  },
): Promise<'unchanged' | 'created' | 'updated'> {
  const { labels = {}, annotations = {}, data } = desired;
  let observed = await readConfigMap(client, { namespace, name });
  if (observed === undefined) {
    const metadata = { name, namespace, labels, annotations };
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
    try {
      await client.call({ verb: 'create', resource: resources.configMaps, namespace, body });
      return 'created';
    } catch (error) {
      if (!isRefusedAs(error, 'conflict')) throw error;
      observed = await readConfigMap(client, { namespace, name });
    }
  }
  const found = observed?.data ?? {};
  const includes = (all: Readonly<Record<string, string>> = {}, some: Readonly<Record<string, string>>) =>
    Object.entries(some).every(([key, value]) => all[key] === value);
  if (
    isDeepStrictEqual({ ...found }, { ...data }) &&
    includes(observed?.metadata.labels, labels) &&
    includes(observed?.metadata.annotations, annotations)
  )
    return 'unchanged';
  const removed = Object.fromEntries(
    Object.keys(found)
      .filter((key) => !Object.hasOwn(data, key))
      .map((key) => [key, null]),
  );
  const body = { metadata: { labels, annotations }, data: { ...removed, ...data } };
  await client.call({ verb: 'patch', resource: resources.configMaps, namespace, name, body });
  return 'updated';
}
