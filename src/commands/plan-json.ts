import type { Plan } from '../explain/plan-schema.ts';

/** The plan for scripts; its shape is schemas/plan.schema.json. */
export function planAsJson(plan: Plan): string {
  return JSON.stringify(plan, null, 2);
}
