import ipaddr from 'ipaddr.js';

/** A range of addresses in CIDR notation. */
export type AddressRange = readonly [address: ipaddr.IPv4 | ipaddr.IPv6, prefixLength: number];

/**
 * Reads `address/length`; undefined when it is none. Other spellings of IPv4 (fewer than four parts, octal) and zones
 * of IPv6 are none.
 */
export function parseRange(text: string): AddressRange | undefined {
  const isRange = text.includes(':')
    ? ipaddr.IPv6.isValidCIDR(text) && !text.includes('%')
    : ipaddr.IPv4.isValidCIDRFourPartDecimal(text) && !/(^|[./])0[0-9]/.test(text);
  return isRange ? ipaddr.parseCIDR(text) : undefined;
}

/** Whether every address of `inner` is one of `outer`. */
export function containsRange(outer: AddressRange, inner: AddressRange): boolean {
  return outer[0].kind() === inner[0].kind() && outer[1] <= inner[1] && inner[0].match(outer[0], outer[1]);
}

/** The first address of the range, in the form of RFC 5952, with the prefix. */
export function canonicalRange([address, prefixLength]: AddressRange): string {
  return `${canonicalAddress(firstAddress(address, prefixLength))}/${prefixLength}`;
}

/** Whether the address has bits beyond the prefix. */
export function hasHostBits([address, prefixLength]: AddressRange): boolean {
  return canonicalAddress(address) !== canonicalAddress(firstAddress(address, prefixLength));
}

/** Whether the range is of IPv4 addresses that are spelt as IPv6, like `::ffff:10.0.0.0/104`. */
export function isMappedIPv4([address]: AddressRange): boolean {
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress();
}

/** The range that has only this address; undefined when the text is no address. */
export function rangeOfAddress(address: string): string | undefined {
  const range = parseRange(`${address}/${address.includes(':') ? 128 : 32}`);
  return range && canonicalRange(range);
}

function firstAddress(address: ipaddr.IPv4 | ipaddr.IPv6, prefixLength: number): ipaddr.IPv4 | ipaddr.IPv6 {
  const family = address instanceof ipaddr.IPv6 ? ipaddr.IPv6 : ipaddr.IPv4;
  return family.networkAddressFromCIDR(`${address}/${prefixLength}`);
}

function canonicalAddress(address: ipaddr.IPv4 | ipaddr.IPv6): string {
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
}
