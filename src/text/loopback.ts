import { BlockList, isIP } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether an IP address is of this machine alone: `127.0.0.0/8`, `::1`, and the former as IPv6 writes it (`::ffff:127.0.0.1`). */
export function isLoopbackAddress(address: string): boolean {
  const family = isIP(address);
  // A zone (`::1%eth0`) would name an interface.
  return family !== 0 && !address.includes('%') && loopback.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

/**
 * Whether a `Host` header names this machine: a loopback address or `localhost`, with any port. A page from elsewhere whose own
 * name was made to resolve to 127.0.0.1 (DNS rebinding) still says that name here.
 */
export function isLoopbackHost(host: string): boolean {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+))(?::[0-9]{1,5})?$/i.exec(host) ?? [];
  if (bracketed !== undefined) return isIP(bracketed) === 6 && isLoopbackAddress(bracketed);
  return plain?.toLowerCase() === 'localhost' || isLoopbackAddress(plain ?? '');
}
