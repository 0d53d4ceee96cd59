import { noProxy } from './no-proxy.ts';
import type { NamedEntry, WorkerNeeds } from './worker-needs.ts';
import type { Workload } from './workload.ts';

/** A strategic merge patch, for `kubectl patch` and Kustomize: lists merge by name, and nothing is removed. */
export function strategicMergePatch(needs: WorkerNeeds, workload: Workload): object {
  const pod = {
    containers: [{ name: workload.container.name, env: variables(needs, workload) }],
    initContainers: [needs.sidecar],
    volumes: [needs.volume],
  };
  return {
    apiVersion: workload.apiVersion,
    kind: workload.kind,
    // A patch must have a name; with a separate target, as in Kustomize, it is ignored.
    metadata: {
      name: workload.name ?? 'any',
      ...(workload.namespace === undefined ? {} : { namespace: workload.namespace }),
    },
    ...workload.podSpec.reduceRight<object>((inner, key) => ({ [key]: inner }), pod),
  };
}

/** An operation of RFC 6902. */
export interface Operation {
  readonly op: 'add' | 'replace';
  readonly path: string;
  readonly value: unknown;
}

/**
 * The same as a JSON patch (RFC 6902). It addresses list entries by index, so it fits one manifest only: a missing list
 * is added, and an entry of the same name is replaced. If a list is missing when the patch is applied, the whole patch
 * fails and changes nothing.
 */
export function jsonPatch(needs: WorkerNeeds, workload: Workload): Operation[] {
  const { podSpec, container, lists } = workload;
  const pod = `/${podSpec.join('/')}`;
  return [
    ...put(`${pod}/volumes`, lists.volumes, [needs.volume]),
    ...put(`${pod}/initContainers`, lists.initContainers, [needs.sidecar]),
    ...put(`${pod}/containers/${container.index}/env`, lists.env, variables(needs, workload)),
  ];
}

function variables({ env, directHosts }: WorkerNeeds, workload: Workload): NamedEntry[] {
  return [env, ...noProxy(workload, directHosts)];
}

function put(
  path: string,
  list: readonly NamedEntry[] | undefined,
  entries: readonly NamedEntry[],
): Operation[] {
  if (list === undefined) return [{ op: 'add', path, value: entries }];
  return entries.map((entry) => {
    const index = list.findIndex(({ name }) => name === entry.name);
    return index === -1
      ? { op: 'add', path: `${path}/-`, value: entry }
      : { op: 'replace', path: `${path}/${index}`, value: entry };
  });
}

/** A Kustomize component for the overlay of the org's workers: a `kustomization.yaml` without other files. */
export function kustomizeComponent(patch: string, { apiVersion, kind, name }: Workload): object {
  const [version = '', group] = apiVersion.split('/').reverse();
  return {
    apiVersion: 'kustomize.config.k8s.io/v1alpha1',
    kind: 'Component',
    patches: [
      {
        target: {
          ...(group === undefined ? {} : { group }),
          version,
          kind,
          // Kustomize reads it as a regular expression; of its special characters, a Kubernetes name has only dots.
          ...(name === undefined ? {} : { name: name.replaceAll('.', '\\.') }),
        },
        patch,
      },
    ],
  };
}
