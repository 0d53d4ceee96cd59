import { ordinaryChanges } from './ordinary-changes.ts';
import { seriousChanges } from './serious-changes.ts';

/** Every kind of change, in the order of the report: the highest risk first. */
export const kinds = { ...seriousChanges, ...ordinaryChanges };

export type ChangeKind = keyof typeof kinds;

/** One change of an org or of the platform. */
export interface Change {
  readonly kind: ChangeKind;
  /** The part that changes, such as `host`, if the kind does not say it. */
  readonly what?: string;
  /** In words or as the value; missing if there is no value. */
  readonly from?: string;
  readonly to?: string;
  /** A text that only this org has, such as the name of the migration Job. */
  readonly detail?: string;
}

/** Whether the org gets another image, and with it a migration. */
export function isNewImage({ kind }: Change): boolean {
  return kind === 'imageUpgraded' || kind === 'imageChanged';
}
