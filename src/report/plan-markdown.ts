import type { Plan } from '../plan/plan-schema.ts';
export function planAsMarkdown(plan: Plan): string {
  return JSON.stringify(plan);
}
