import type { NamedEntry, WorkerNeeds } from './worker-needs.ts';
import type { Workload } from './workload.ts';

/** A workload's patch as `kubectl patch` and Kustomize merge it: lists by name, and nothing taken away. */
export function strategicMergePatch(needs: WorkerNeeds, workload: Workload): object {
  const pod = {
    containers: [{ name: workload.container.name, env: [needs.env] }],
    initContainers: [needs.sidecar],
    volumes: [needs.volume],
  };
  return {
    apiVersion: workload.apiVersion,
    kind: workload.kind,
    // Where a target is given beside the patch, the name does not count; but a patch must have one.
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
 * The same as RFC 6902 says it. It knows places, not names, so it is made for one manifest: lists that are missing are added, and what stands there
 * by its name already is replaced. An element that is added to a list that is not there after all makes the whole patch fail, and takes nothing away.
 */
export function jsonPatch(
  { volume, sidecar, env }: WorkerNeeds,
  { podSpec, container, lists }: Workload,
): Operation[] {
  const pod = `/${podSpec.join('/')}`;
  return [
    put(`${pod}/volumes`, lists.volumes, volume),
    put(`${pod}/initContainers`, lists.initContainers, sidecar),
    put(`${pod}/containers/${container.index}/env`, lists.env, env),
  ];
}

function put(path: string, list: readonly NamedEntry[] | undefined, entry: NamedEntry): Operation {
  if (list === undefined) return { op: 'add', path, value: [entry] };
  const index = list.findIndex(({ name }) => name === entry.name);
  return index === -1
    ? { op: 'add', path: `${path}/-`, value: entry }
    : { op: 'replace', path: `${path}/${index}`, value: entry };
}

/** A Kustomize component, for the overlay of the org's workers: a `kustomization.yaml` that needs no other file. */
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
          // Kustomize reads it as a regular expression; a name of Kubernetes has dots at most.
          ...(name === undefined ? {} : { name: name.replaceAll('.', '\\.') }),
        },
        patch,
      },
    ],
  };
}
