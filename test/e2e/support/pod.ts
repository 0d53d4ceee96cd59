import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Cluster, ClusterObject } from './cluster.ts';

/** A pod as the API server stores it, as far as its one container is run here. */
export interface Pod extends ClusterObject {
  readonly metadata: ClusterObject['metadata'] & { readonly namespace: string; readonly uid: string };
  readonly spec: {
    readonly serviceAccountName: string;
    readonly restartPolicy: 'Always' | 'OnFailure' | 'Never';
    readonly containers: readonly [Container];
    readonly initContainers?: readonly Container[];
    readonly volumes?: readonly Volume[];
    readonly securityContext?: { readonly runAsUser?: number; readonly runAsGroup?: number };
  };
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: {
      readonly secretKeyRef?: KeyOf & { readonly optional?: boolean };
      readonly configMapKeyRef?: KeyOf;
    };
  }[];
  readonly envFrom?: readonly {
    readonly prefix?: string;
    readonly configMapRef?: { readonly name: string };
    readonly secretRef?: { readonly name: string };
  }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly volumeMounts?: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly subPath?: string;
  }[];
  readonly startupProbe?: { readonly exec: { readonly command: readonly string[] } };
}

interface KeyOf {
  readonly name: string;
  readonly key: string;
}

interface Source {
  readonly secret?: Items & { readonly secretName?: string; readonly name?: string };
  readonly configMap?: Items & { readonly name: string };
  readonly serviceAccountToken?: {
    readonly audience?: string;
    readonly expirationSeconds?: number;
    readonly path: string;
  };
  readonly downwardAPI?: { readonly items: readonly { readonly path: string }[] };
}

interface Items {
  readonly items?: readonly { readonly key: string; readonly path: string }[];
  /** Whether the pod starts also when the object or a key of it is not there. */
  readonly optional?: boolean;
}

interface Volume extends Source {
  readonly name: string;
  readonly projected?: { readonly sources: readonly Source[] };
  readonly emptyDir?: object;
}

/** The container cannot be started yet: what it refers to is not there. */
export class CreateContainerConfigError extends Error {
  override name = 'CreateContainerConfigError';
}

/**
 * The environment of the pod's container: `envFrom`, then `env`, with `$(NAME)` filled in. @throws
 * CreateContainerConfigError
 */
export async function environmentOf(pod: Pod, cluster: Cluster): Promise<Record<string, string>> {
  const { namespace } = pod.metadata;
  const [container] = pod.spec.containers;
  const found: Record<string, string> = {};
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const data = configMapRef
      ? await dataOf(cluster, 'ConfigMap', namespace, configMapRef.name)
      : await dataOf(cluster, 'Secret', namespace, secretRef?.name ?? '');
    for (const [name, value] of Object.entries(data)) found[prefix + name] = value.toString();
  }
  for (const { name, value, valueFrom } of container.env ?? []) {
    const { secretKeyRef, configMapKeyRef } = valueFrom ?? {};
    if (secretKeyRef) {
      const value = await keyOf(cluster, 'Secret', namespace, secretKeyRef).catch((error: unknown) => {
        if (secretKeyRef.optional && error instanceof CreateContainerConfigError) return undefined;
        throw error;
      });
      if (value !== undefined) found[name] = value;
    } else if (configMapKeyRef) found[name] = await keyOf(cluster, 'ConfigMap', namespace, configMapKeyRef);
    else
      found[name] = (value ?? '').replaceAll(
        /\$\(([A-Za-z_]\w*)\)/g,
        (whole, other) => found[other] ?? whole,
      );
  }
  return found;
}

/**
 * Writes what the container's volumes hold below `root`, each under its mount path. @throws
 * CreateContainerConfigError
 */
export async function writeVolumes(pod: Pod, cluster: Cluster, root: string): Promise<void> {
  const [container] = pod.spec.containers;
  for (const { name, mountPath } of container.volumeMounts ?? []) {
    const volume = pod.spec.volumes?.find((candidate) => candidate.name === name);
    if (volume === undefined) throw new CreateContainerConfigError(`there is no volume ${name}`);
    const directory = join(root, mountPath.replace(/^\/var\/run\//, '/run/'));
    await mkdir(directory, { recursive: true });
    for (const source of volume.projected?.sources ?? [volume])
      for (const [path, content] of await filesOf(pod, cluster, source)) {
        await mkdir(dirname(join(directory, path)), { recursive: true });
        await writeFile(join(directory, path), content);
      }
  }
}

async function filesOf(pod: Pod, cluster: Cluster, source: Source): Promise<[string, Buffer][]> {
  const { namespace, name, uid } = pod.metadata;
  if (source.serviceAccountToken) {
    const { audience, expirationSeconds, path } = source.serviceAccountToken;
    const spec = { audiences: audience ? [audience] : undefined, expirationSeconds };
    const token = await cluster.token(namespace, pod.spec.serviceAccountName, {
      ...spec,
      pod: { name, uid },
    });
    return [[path, Buffer.from(token)]];
  }
  const { secret, configMap } = source;
  const of = configMap ?? secret;
  if (of !== undefined) {
    const found = configMap
      ? dataOf(cluster, 'ConfigMap', namespace, configMap.name)
      : dataOf(cluster, 'Secret', namespace, secret?.secretName ?? secret?.name ?? '');
    const data = await found.catch((error: unknown) => {
      if (of.optional && error instanceof CreateContainerConfigError) return {} as Record<string, Buffer>;
      throw error;
    });
    if (!of.items) return Object.entries(data);
    return of.items.flatMap(({ key, path }): [string, Buffer][] => (data[key] ? [[path, data[key]]] : []));
  }
  return (source.downwardAPI?.items ?? []).map(({ path }) => [path, Buffer.from(namespace)]);
}

async function keyOf(
  cluster: Cluster,
  kind: string,
  namespace: string,
  { name, key }: KeyOf,
): Promise<string> {
  const value = (await dataOf(cluster, kind, namespace, name))[key];
  if (value === undefined)
    throw new CreateContainerConfigError(`${kind} ${namespace}/${name} has no key ${key}`);
  return value.toString();
}

async function dataOf(
  cluster: Cluster,
  kind: string,
  namespace: string,
  name: string,
): Promise<Record<string, Buffer>> {
  const object = await cluster.get({ apiVersion: 'v1', kind, metadata: { namespace, name } });
  if (object === undefined) throw new CreateContainerConfigError(`there is no ${kind} ${namespace}/${name}`);
  const encoding = kind === 'Secret' ? 'base64' : 'utf8';
  return Object.fromEntries(
    Object.entries<string>(object.data ?? {}).map(([key, value]) => [key, Buffer.from(value, encoding)]),
  );
}
