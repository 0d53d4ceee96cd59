import { containsRange, parseRange } from '../text/address-range.ts';
import type { IpBlock } from './network-policy-change.ts';

/**
 * Whether every address of `inner` is in `outer`. An invalid block covers nothing, and is covered by nothing.
 */
export function coversBlock(outer: IpBlock, inner: IpBlock): boolean {
  const [wide, narrow] = [parseRange(outer.cidr), parseRange(inner.cidr)];
  if (wide === undefined || narrow === undefined || !containsRange(wide, narrow)) return false;
  return (outer.except ?? []).every((hole) => {
    const left = parseRange(hole);
    if (left === undefined) return false;
    if (!containsRange(left, narrow) && !containsRange(narrow, left)) return true;
    return (inner.except ?? []).some((same) => {
      const right = parseRange(same);
      return right !== undefined && containsRange(right, left);
    });
  });
}
