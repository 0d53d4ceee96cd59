import { ordinaryChanges } from './ordinary-changes.ts';
import { seriousChanges } from './serious-changes.ts';

/** Every kind of change, in the order of the report: the highest risk first. */
export const kinds = { ...seriousChanges, ...ordinaryChanges };

export type ChangeKind = keyof typeof kinds;
