import type { Plan } from '../plan/plan-schema.ts';
export function planAsText(plan: Plan): string {
  return JSON.stringify(plan);
}
