import { rangeOfAddress } from '../text/address-range.ts';
import type { Platform } from './platform-settings.ts';

/** The proxies through which catalogs request others, as their variables name them. */
export interface EgressProxy {
  readonly variable: string;
  readonly host: string;
  readonly port: number;
}

/** The proxies of `catalog.environment`; one without a URL that can be read has port 0. */
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

/** The range of a proxy that is named by its address; undefined when it is named otherwise. */
export function proxyRange({ host }: EgressProxy): string | undefined {
  return rangeOfAddress(host);
}
