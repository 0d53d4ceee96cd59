import { keyForMessage } from '../text/credential-form.ts';
import type { Problem } from '../text/problem.ts';
import type { Platform } from './platform-settings.ts';

export type RetirementPolicy = Platform['retirement']['policy'];

/** The policy for an org. Only own properties count: an org may be called `constructor`. */
export function retirementPolicy(org: string, { retirement, orgs }: Platform): RetirementPolicy {
  const own = Object.hasOwn(orgs, org) ? orgs[org]?.retirement : undefined;
  return own?.policy ?? retirement.policy;
}

/** Confirmations without effect are problems: a reader would expect a deletion that does not happen. */
export function retirementProblems(platform: Platform): Problem[] {
  const { confirm, evenWithTables } = platform.retirement;
  const retained = confirm.flatMap((org, i): Problem[] => {
    if (retirementPolicy(org, platform) === 'delete') return [];
    const message =
      `names ${keyForMessage(org)}, whose policy is retain: nothing of it is deleted. Set the policy delete, for all ` +
      'orgs or in orgs.<org id>.retirement, or leave the org out';
    return [{ at: `retirement.confirm[${i}]`, message }];
  });
  const unconfirmed = evenWithTables.flatMap((org, i): Problem[] => {
    if (confirm.includes(org)) return [];
    const message =
      `names ${keyForMessage(org)}, which is not in retirement.confirm: nothing of it is deleted. Add it there, or ` +
      'leave it out here';
    return [{ at: `retirement.evenWithTables[${i}]`, message }];
  });
  return [...retained, ...unconfirmed];
}
