import type { Analyzer, DirectoryDiff } from './analyzer.ts';
import type { Change } from './change.ts';
import { parseCiliumPolicy } from './cilium-policy-change.ts';
import { isSame } from './differences.ts';
import { type NetworkPolicy, parsePolicy } from './network-policy-change.ts';
import { documentsOf, type KubernetesObject, readObjects } from './objects.ts';
import { objectName, type Pair, withoutEffect } from './parsed-directory.ts';
import { isPlain, opened } from './reach.ts';
import { reachInWords } from './reach-words.ts';

/** Connections that become allowed, and connections that become refused. */
export const network: Analyzer = {
  explains: (object, path) => isPolicy(object) && (path.length === 0 || path[0] === 'spec'),
  changes: (diff) => {
    const changed = diff.pairs.filter(
      ({ before, after }) => isPolicy(before ?? after) && !isSame(before?.spec, after?.spec),
    );
    if (changed.length === 0) return [];
    const unclear = changed.filter((pair) => !isClear(pair));
    const [before, after] = [policies(diff, 'before', unclear), policies(diff, 'after', unclear)];
    const reach: Change[] = [
      ...inWords(opened(before, after)).map((what): Change => ({ kind: 'networkOpened', what })),
      ...inWords(opened(after, before)).map((what): Change => ({ kind: 'networkClosed', what })),
      ...unclear.map(
        ({ before: old, after: wanted }): Change => ({
          kind: 'networkUnclear',
          what: objectName(old ?? wanted),
        }),
      ),
    ];
    return reach.length > 0 ? reach : changed.map(withoutEffect);
  },
};

function isPolicy(object: KubernetesObject | undefined): boolean {
  const isOfKubernetes =
    object?.kind === 'NetworkPolicy' && object.apiVersion.startsWith('networking.k8s.io/');
  return isOfKubernetes || isCiliumPolicy(object);
}

function isCiliumPolicy(object: KubernetesObject | undefined): boolean {
  return object?.kind === 'CiliumNetworkPolicy' && object.apiVersion.startsWith('cilium.io/');
}

function parsed(object: KubernetesObject): NetworkPolicy | undefined {
  return isCiliumPolicy(object) ? parseCiliumPolicy(object) : parsePolicy(object);
}

/** The policies of the platform, from the texts of its files. */
export function sharedPolicies(texts: readonly string[]): KubernetesObject[] {
  return readObjects(texts.flatMap(documentsOf)).objects.filter(isPolicy);
}

/**
 * The policies of one side, and those of the platform that apply to its pods too. A policy that cannot be compared
 * counts as the same on both sides, so that the others can be compared.
 */
function policies(diff: DirectoryDiff, side: 'before' | 'after', unclear: readonly Pair[]): NetworkPolicy[] {
  const left = new Set(unclear.map((pair) => pair[side]));
  const objects = [
    ...diff[side].mentioning('NetworkPolicy').filter((object) => isPolicy(object) && !left.has(object)),
    ...unclear.flatMap(({ after }) => after ?? []),
    ...diff.sharedPolicies,
  ];
  return objects.flatMap((object) => parsed(object) ?? []);
}

function isClear({ before, after }: Pair): boolean {
  return [before, after].every((object) => {
    if (object === undefined) return true;
    const policy = parsed(object);
    return policy !== undefined && isPlain(policy.spec.podSelector ?? {});
  });
}

function inWords(reach: ReturnType<typeof opened>): string[] {
  return [...new Set(reach.map(reachInWords))].sort();
}
