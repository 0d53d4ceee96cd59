import type { Problem } from '../text/problem.ts';
import type { Platform } from './platform-settings.ts';
import { hasTemplates } from './pod-settings.ts';

/** Problems of the settings of the catalogs' pods, which one policy amends for all orgs. */
export function podProblems({ catalog, operator }: Platform): Problem[] {
  const { pods } = catalog;
  if (Object.keys(pods).length === 0) return [];
  const at = 'catalog.pods';
  if (!operator.amendments)
    return [
      {
        at,
        message: 'would not reach the pods: the operator has no field for it. Set operator.amendments: true',
      },
    ];
  if (!hasTemplates(pods)) return [];
  const message = 'has a placeholder, but one policy amends the pods of all orgs; leave the placeholder out';
  return [{ at, message }];
}
