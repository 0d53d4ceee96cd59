import type { Fleet } from '../catalog/fleet.ts';
import type { Plan } from './plan-schema.ts';

/** The orgs that are not rendered, and what happens to their manifests. */
export function unrendered({
  rejected,
  skipped,
  unknownOverrides,
}: Fleet): Pick<Plan, 'rejected' | 'skipped' | 'unknownOverrides'> {
  return {
    rejected: rejected.map(({ org, problems }) => ({
      org: org ?? null,
      problems: problems.map(({ at, message }) => ({ at, message })),
    })),
    skipped: skipped.map(({ org, reason, keep }) => ({ org, reason, keep })),
    unknownOverrides: [...unknownOverrides],
  };
}
