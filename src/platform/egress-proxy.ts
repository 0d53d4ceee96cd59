import { rangeOfAddress } from '../text/address-range.ts';
import type { Platform } from './platform-settings.ts';

/** The proxies for the requests of catalogs, from the variables of their pods. */
export interface EgressProxy {
  readonly variable: string;
  readonly host: string;
  readonly port: number;
}

/** The proxies of `catalog.environment`; one whose URL is invalid has port 0. */
export function egressProxies({ catalog }: Pick<Platform, 'catalog'>): EgressProxy[] {
  return ['HTTPS_PROXY', 'HTTP_PROXY'].flatMap((variable) => {
    const value = catalog.environment[variable];
    if (!value) return [];
    const text = value.includes('://') ? value : `http://${value}`;
    if (!URL.canParse(text)) return [{ variable, host: value, port: 0 }];
    const { hostname, port, protocol } = new URL(text);
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    return [{ variable, host, port: Number(port) || (protocol === 'https:' ? 443 : 80) }];
  });
}

/** The address range of a proxy whose URL has an IP address; undefined when it has a name. */
export function proxyRange({ host }: EgressProxy): string | undefined {
  return rangeOfAddress(host);
}
