import { labelValueProblem } from '../platform/kubernetes-names.ts';
import { isPeerTemplate, type PeerList, type PeerLists, peerListPath, peerLists } from '../platform/peers.ts';
import { perPlatform } from '../platform/per-platform.ts';
import type { Peer, Platform } from '../platform/platform-settings.ts';
import { expand } from '../platform/setting-template.ts';
import { keyForMessage, valueForMessage } from '../text/credential-form.ts';
import { domainName, type Expansion, namespaceName } from './derivation.ts';
import { mapValues } from './map-values.ts';
import { orgLabel } from './names.ts';

/** The lists of peers that have templates. Most fleets have none. */
const templateLists = perPlatform((platform: Platform) => {
  const lists = Object.entries(peerLists(platform)) as [PeerList, readonly Peer[]][];
  return lists.filter(([, peers]) => peers.some(isPeerTemplate));
});

/** The same lists, filled in for the org. */
export function derivePeers(derivation: Expansion): Partial<PeerLists> {
  const own = templateLists(derivation.platform);
  return Object.fromEntries(
    own.map(([list, peers]) => [list, peers.map((peer) => derivePeer(derivation, peer, peerListPath(list)))]),
  );
}

function derivePeer(derivation: Expansion, peer: Peer, setting: string): Peer {
  if ('fqdn' in peer) return { ...peer, fqdn: domainName(derivation, peer.fqdn, `${setting}.fqdn`) };
  if (!('namespace' in peer)) return peer;
  return {
    ...peer,
    namespace: namespaceName(derivation, peer.namespace, `${setting}.namespace`),
    podSelector: podLabels(derivation, peer.podSelector, `${setting}.podSelector`),
  };
}

/** Labels of pods, in which `{org}` is the org's label value. */
export function podLabels(
  derivation: Expansion,
  templates: Readonly<Record<string, string>>,
  setting: string,
): Record<string, string> {
  return mapValues(templates, (template, key) => podLabel(derivation, template, `${setting}.${key}`));
}

/** The value of such a label. */
export function podLabel({ values, record, problems }: Expansion, template: string, setting: string): string {
  const value = expand(template, { ...values, org: orgLabel(record.org) });
  const problem = labelValueProblem(value);
  if (problem !== undefined)
    problems.push({
      at: record.at,
      message: `${setting} (${keyForMessage(template)}) gives ${valueForMessage(value)}, which ${problem}`,
    });
  return value;
}
