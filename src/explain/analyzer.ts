import type { Change } from './change.ts';
import type { FieldPath } from './differences.ts';
import type { KubernetesObject } from './objects.ts';
import type { Pair, Side } from './parsed-directory.ts';

/** The difference between a committed and a desired directory, as objects. */
export interface DirectoryDiff {
  readonly before: Side;
  readonly after: Side;
  readonly pairs: readonly Pair[];
  /** The Lakekeeper resource; undefined if it is the same on both sides, or only one side has it. */
  readonly catalog: {
    readonly before: KubernetesObject | undefined;
    readonly after: KubernetesObject | undefined;
  };
  /** The desired policies of the platform, which apply to the pods of every org; none for the platform itself. */
  readonly sharedPolicies: readonly KubernetesObject[];
}

/**
 * Explains the differences in some fields. `changes` reports every difference in a field for which `explains` is true.
 * A difference that no analyzer explains is reported field by field, so that none is missing.
 */
export interface Analyzer {
  readonly explains: (object: KubernetesObject, path: FieldPath) => boolean;
  readonly changes: (diff: DirectoryDiff) => readonly Change[];
}

/** Whether a path is one of `roots`, such as `spec.database`, or below it. */
export function within(path: FieldPath, ...roots: string[]): boolean {
  return roots.some((root) => root.split('.').every((key, i) => path[i] === key));
}
