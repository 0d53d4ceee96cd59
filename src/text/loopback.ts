import { BlockList, isIP } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether an IP address is a loopback address: `127.0.0.0/8`, also mapped to IPv6 (`::ffff:127.0.0.1`), or `::1`. */
export function isLoopbackAddress(address: string): boolean {
  const family = isIP(address);
  // A zone (`::1%eth0`) names an interface.
  return family !== 0 && !address.includes('%') && loopback.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

/**
 * Whether a `Host` header is a loopback address or `localhost`, with any port. It protects against DNS rebinding: a web
 * page whose name resolves to 127.0.0.1 still sends its own name.
 */
export function isLoopbackHost(host: string): boolean {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+))(?::[0-9]{1,5})?$/i.exec(host) ?? [];
  if (bracketed !== undefined) return isIP(bracketed) === 6 && isLoopbackAddress(bracketed);
  return plain?.toLowerCase() === 'localhost' || isLoopbackAddress(plain ?? '');
}
