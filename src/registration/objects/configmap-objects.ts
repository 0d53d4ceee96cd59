import { isDeepStrictEqual } from 'node:util';
import type {
  KubernetesClient,
  KubernetesObject,
  ObjectAddress,
} from '../../clients/kubernetes/kubernetes-client.ts';
import { hasCode } from '../../clients/kubernetes/kubernetes-errors.ts';
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

/** Makes a ConfigMap hold these data and no other; labels and annotations that others put on it stay. */
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
      if (!hasCode(error, 409)) throw error;
      observed = await readConfigMap(client, { namespace, name });
    }
  }
  const held = observed?.data ?? {};
  const isKept = (wanted: Readonly<Record<string, string>>, has?: Readonly<Record<string, string>>) =>
    Object.entries(wanted).every(([key, value]) => has?.[key] === value);
  if (
    isDeepStrictEqual({ ...held }, { ...data }) &&
    isKept(labels, observed?.metadata.labels) &&
    isKept(annotations, observed?.metadata.annotations)
  )
    return 'unchanged';
  const gone = Object.fromEntries(
    Object.keys(held)
      .filter((key) => !Object.hasOwn(data, key))
      .map((key) => [key, null]),
  );
  const body = { metadata: { labels, annotations }, data: { ...gone, ...data } };
  await client.call({ verb: 'patch', resource: resources.configMaps, namespace, name, body });
  return 'updated';
}
