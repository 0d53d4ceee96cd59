import type { Labels, Peer, Port, Selector } from './network-policy-change.ts';
import type { Pods, Reach } from './reach.ts';

/** A connection in words: `registration pods → 10.21.0.0/16, port 5432/TCP`. */
export function reachInWords({ pods, direction, peer, port }: Reach): string {
  const [own, other] = [podsInWords(pods), peerInWords(peer)];
  const ends = direction === 'Egress' ? `${own} → ${other}` : `${other} → ${own}`;
  return `${ends}, ${portInWords(port)}`;
}

/**
 * Names pods by the labels that the operator sets (docs/facts/lakekeeper-crd.md §6.1) and by ours. Pods may have other
 * labels too.
 */
function podsInWords({ labels, namespace }: Pods): string {
  const name = labels['app.kubernetes.io/name'];
  if (name === 'lakekeeper')
    return labels['app.kubernetes.io/managed-by'] === 'lakekeeper-operator'
      ? 'catalog pods'
      : 'catalog and migration pods';
  if (name === 'lakekeeper-gitops' && labels['app.kubernetes.io/component'] === 'registration')
    return 'registration pods';
  return Object.keys(labels).length === 0
    ? `any pod in ${namespace}`
    : `pods ${labelsInWords(labels)} in ${namespace}`;
}

function peerInWords(peer: Peer | undefined): string {
  if (peer === undefined) return 'everybody';
  const { ipBlock, namespaceSelector, podSelector, entity, fqdn } = peer;
  if (entity !== undefined) return `entity ${entity}`;
  if (fqdn !== undefined) return fqdn;
  if (ipBlock) {
    const except = ipBlock.except ?? [];
    return except.length === 0 ? ipBlock.cidr : `${ipBlock.cidr} except ${except.join(', ')}`;
  }
  return `${podSelectorInWords(podSelector ?? {})} ${namespaceInWords(namespaceSelector ?? {})}`;
}

function podSelectorInWords(selector: Selector): string {
  const words = selectorInWords(selector);
  return words === '' ? 'any pod' : `pods ${words}`;
}

function namespaceInWords(selector: Selector): string {
  const { 'kubernetes.io/metadata.name': name, ...others } = selector.matchLabels ?? {};
  const words = selectorInWords({ ...selector, matchLabels: others });
  if (name !== undefined) return words === '' ? `in ${name}` : `in ${name} with ${words}`;
  return words === '' ? 'in any namespace' : `in namespaces ${words}`;
}

function selectorInWords({ matchLabels, matchExpressions }: Selector): string {
  const expressions = (matchExpressions ?? []).map(
    ({ key, operator, values }) => `${key} ${operator}${values ? ` (${values.join(', ')})` : ''}`,
  );
  return [labelsInWords(matchLabels ?? {}), ...expressions].filter((part) => part !== '').join(', ');
}

function labelsInWords(labels: Labels): string {
  return Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');
}

function portInWords(port: Port | undefined): string {
  if (port === undefined) return 'every port';
  const protocol = port.protocol ?? 'TCP';
  if (port.port === undefined || port.port === null) return `every port/${protocol}`;
  const range = port.endPort ? `${port.port}-${port.endPort}` : String(port.port);
  return `port ${range}/${protocol}`;
}
