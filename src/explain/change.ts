import type { ChangeKind } from './change-kinds.ts';

/** One thing that applying does to one org, or to the platform. */
export interface Change {
  readonly kind: ChangeKind;
  /** What of it, where the kind does not say it all: `host`. */
  readonly what?: string;
  /** In words or as the value itself; missing when there was, or will be, none. */
  readonly from?: string;
  readonly to?: string;
  /** What holds for this org alone: the name of the migration Job. */
  readonly detail?: string;
}
