import { isIP } from 'node:net';
import type { IpBlock } from './network-policy-change.ts';

/** An address range: its first address, and the number of bits in its prefix. */
interface Range {
  readonly bits: 32 | 128;
  readonly prefix: number;
  readonly address: bigint;
}

/** Whether `outer` has every address of `inner`. False when one of them cannot be parsed. */
export function coversBlock(outer: IpBlock, inner: IpBlock): boolean {
  const [wide, narrow] = [parseRange(outer.cidr), parseRange(inner.cidr)];
  if (wide === undefined || narrow === undefined || !contains(wide, narrow)) return false;
  return (outer.except ?? []).every((hole) => {
    const left = parseRange(hole);
    if (left === undefined) return false;
    if (!contains(left, narrow) && !contains(narrow, left)) return true;
    return (inner.except ?? []).some((same) => {
      const right = parseRange(same);
      return right !== undefined && contains(right, left);
    });
  });
}

function contains(wide: Range, narrow: Range): boolean {
  if (wide.bits !== narrow.bits || wide.prefix > narrow.prefix) return false;
  const rest = BigInt(wide.bits - wide.prefix);
  return wide.address >> rest === narrow.address >> rest;
}

function parseRange(cidr: string): Range | undefined {
  const [address = '', length = ''] = cidr.split('/');
  const family = isIP(address);
  if (family === 0 || !/^[0-9]{1,3}$/.test(length)) return undefined;
  const bits = family === 4 ? 32 : 128;
  const prefix = Number(length);
  if (prefix > bits) return undefined;
  return { bits, prefix, address: family === 4 ? ipv4(address) : ipv6(address) };
}

function ipv4(address: string): bigint {
  return address.split('.').reduce((value, part) => (value << 8n) + BigInt(part), 0n);
}

function ipv6(address: string): bigint {
  // The last 32 bits may be written like IPv4. A zone is not part of the range.
  const plain = address
    .replace(/%.*$/, '')
    .replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...parts: string[]) => {
      const hex = (i: number) => Number(parts[i]).toString(16).padStart(2, '0');
      return `${hex(0)}${hex(1)}:${hex(2)}${hex(3)}`;
    });
  const [head = '', tail] = plain.split('::');
  const groups = (text: string | undefined) => (text ? text.split(':') : []);
  const missing = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length;
  return [...groups(head), ...Array.from({ length: missing }, () => '0'), ...groups(tail)].reduce(
    (value, group) => (value << 16n) + BigInt(`0x${group}`),
    0n,
  );
}
