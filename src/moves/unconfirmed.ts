import type { RejectedOrg } from '../catalog/fleet.ts';
import type { OrgId } from '../source/warehouse-record.ts';
import { keyForMessage } from '../text/credential-form.ts';

/** A registered org that would move, and is not in `moves.confirm`. @param problems what would happen, in words. */
export function unconfirmed(org: OrgId, name: string, problems: readonly string[]): RejectedOrg {
  return {
    org,
    name,
    problems: problems.map((problem) => ({
      at: 'moves.confirm',
      message: `lacks ${keyForMessage(org)}: ${problem}. It keeps its files; docs/moves.md says how to move it`,
    })),
  };
}
