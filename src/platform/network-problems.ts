import type { Problem } from '../text/problem.ts';
import { egressProxies, proxyRange } from './egress-proxy.ts';
import { isPeerTemplate, peerListPath, peerLists } from './peers.ts';
import type { Platform } from './platform-settings.ts';

/** What is wrong with the peers of NetworkPolicies, and with what needs them. */
export function networkProblems(platform: Platform): Problem[] {
  return [...templatesOfSharedPolicies(platform), ...proxyProblems(platform), ...portProblems(platform)];
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
