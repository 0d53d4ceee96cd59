import { isIP } from 'node:net';
import { UsageError } from '../../text/errors.ts';
import { isLoopbackAddress } from '../../text/loopback.ts';

/** Where the broker listens: an IP address, so that a name is resolved only once. */
export interface ListenAddress {
  readonly address: string;
  /** 0 for any free port. */
  readonly port: number;
}

/** All addresses of a name. */
export type Resolve = (name: string) => Promise<readonly string[]>;

/**
 * Parses where to listen. Refuses every address that is reachable from outside of this machine (this pod).
 *
 * @param text `<address>:<port>`; IPv6 in brackets; `localhost` when it resolves to loopback addresses only.
 * @throws UsageError with the reason, before anything is bound.
 */
export async function parseListenAddress(text: string, resolve: Resolve): Promise<ListenAddress> {
  const refused = (reason: string) =>
    new UsageError(
      `--listen ${JSON.stringify(text)}: ${reason}; the broker hands out a credential, so it listens ` +
        'on loopback only, like 127.0.0.1:9876',
    );
  if (text.includes('/')) throw refused('is a path, and a Unix socket can be shared between containers');
  if (isIP(text) === 6) throw refused('has no port; an IPv6 address stands in brackets, like [::1]:9876');
  const [, bracketed, plain, digits] = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([0-9]{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || port > 65535) throw refused('is not <address>:<port>');
  if (host === '') throw refused('names no address, which means all of them');
  if (bracketed !== undefined && isIP(bracketed) !== 6) throw refused('has no IPv6 address in its brackets');
  if (isIP(host) !== 0) {
    if (!isLoopbackAddress(host)) throw refused(`${host} is not a loopback address`);
    return { address: host, port };
  }
  if (host.toLowerCase() !== 'localhost')
    throw refused('is a name other than localhost, and what a name resolves to can change');
  const addresses = await resolve(host).catch((cause: unknown) => {
    throw new Error('while resolving localhost', { cause });
  });
  const outside = addresses.find((address) => !isLoopbackAddress(address));
  if (outside !== undefined) throw refused(`localhost resolves to ${outside} here`);
  const address = addresses.find((candidate) => isIP(candidate) === 4) ?? addresses[0];
  if (address === undefined) throw refused('localhost resolves to nothing here');
  return { address, port };
}

/** `127.0.0.1:9876`, `[::1]:9876`. */
export function hostAndPort({ address, port }: ListenAddress): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
