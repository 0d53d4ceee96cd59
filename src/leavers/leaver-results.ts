import { join } from 'node:path';
import type { Leaver } from './leavers.ts';

/** An org that leaves, in the report of a run. */
interface LeaverResult {
  /** Undefined when no file of the directory says whose it is. */
  readonly org: string | undefined;
  readonly name: string;
  readonly directory: string;
}

export interface LeaverResults {
  /** Orgs that are rendered as retiring: by this run, or, when it was held back, by one with `allowRemoval`. */
  readonly retiring: readonly (LeaverResult & {
    readonly policy: 'retain' | 'delete';
    /** Whether it was not retiring before. */
    readonly begins: boolean;
  })[];
  /** Orgs whose committed directory goes: they are retired, or are rendered under another name. */
  readonly removed: readonly LeaverResult[];
}

export function leaverResults(leavers: readonly Leaver[], out: string): LeaverResults {
  const result = ({ org, name, directory }: Leaver) => ({ org, name, directory: join(out, directory) });
  return {
    retiring: leavers.flatMap((one) =>
      one.retiring === undefined
        ? []
        : [{ ...result(one), policy: one.retiring.inputs.policy, begins: one.progress === 'begins' }],
    ),
    removed: leavers.filter(({ retiring }) => retiring === undefined).map(result),
  };
}
