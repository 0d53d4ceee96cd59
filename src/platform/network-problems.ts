import type { Problem } from '../text/problem.ts';
import { egressProxies, proxyRange } from './egress-proxy.ts';
import { isCiliumPeer, isPeerTemplate, type PeerList, peerListPath, peerLists } from './peers.ts';
import type { Peer, Platform } from './platform-settings.ts';

/** Problems of the peers of NetworkPolicies, and of the settings that depend on them. */
export function networkProblems(platform: Platform): Problem[] {
  return [
    ...templatesOfSharedPolicies(platform),
    ...ciliumProblems(platform),
    ...proxyProblems(platform),
    ...portProblems(platform),
  ];
}

/** Lists of peers that pods do not look up in DNS. */
const withoutNames: readonly PeerList[] = ['operator', 'monitoring', 'dns', 'apiServer'];

function ciliumProblems(platform: Platform): Problem[] {
  const lists = Object.entries(peerLists(platform)) as [PeerList, readonly Peer[]][];
  // Without an own list, the database of the rows is in the list of Postgres.
  const own = lists.filter(([list]) => list !== 'warehouseDatabase' || platform.network.warehouseDatabase);
  return own.flatMap(([list, peers]): Problem[] => {
    const at = peerListPath(list);
    if (platform.network.policies !== 'cilium' && peers.some(isCiliumPeer))
      return [
        {
          at,
          message:
            'has an entity or a name (fqdn), which only Cilium matches; set network.policies: cilium, or use ' +
            'cidr, or namespace and podSelector',
        },
      ];
    if (!withoutNames.includes(list) || !peers.some((peer) => 'fqdn' in peer)) return [];
    const message =
      'has a name (fqdn), which works for peers alone that catalogs look up in DNS; use an entity, cidr, or ' +
      'namespace and podSelector';
    return [{ at, message }];
  });
}

/** In a shared namespace one policy admits the operator, and one the monitoring, to all catalogs. */
function templatesOfSharedPolicies(platform: Platform): Problem[] {
  if (platform.tenancy !== 'sharedNamespace') return [];
  const lists = peerLists(platform);
  return (['operator', 'monitoring'] as const)
    .filter((list) => lists[list].some(isPeerTemplate))
    .map((list) => ({
      at: peerListPath(list),
      message:
        'has a placeholder, but one NetworkPolicy is for all orgs of a shared namespace; leave the ' +
        'placeholder out, or set tenancy: namespacePerOrg',
    }));
}

function proxyProblems(platform: Platform): Problem[] {
  const proxies = egressProxies(platform);
  const { egressProxy } = platform.network;
  if (proxies.length === 0 && egressProxy !== undefined)
    return [
      {
        at: 'network.egressProxy',
        message: 'has no effect without a proxy; set catalog.environment.HTTPS_PROXY, or leave it out',
      },
    ];
  return proxies.flatMap((proxy): Problem[] => {
    const at = `catalog.environment.${proxy.variable}`;
    if (proxy.port === 0) return [{ at, message: 'is not a URL, like http://proxy.example.com:3128' }];
    if (egressProxy !== undefined || proxyRange(proxy) !== undefined) return [];
    const message =
      `is missing; ${at} needs to reach ${proxy.host} on port ${proxy.port}, and no NetworkPolicy lets ` +
      "the catalogs do so. List the proxy's address ranges or pods, with their ports";
    return [{ at: 'network.egressProxy', message }];
  });
}

function portProblems({ catalog }: Platform): Problem[] {
  const { listenPort, metricsPort } = catalog.server;
  if (listenPort !== metricsPort) return [];
  return [{ at: 'catalog.server.metricsPort', message: `is ${metricsPort}, as listenPort is; use another` }];
}
