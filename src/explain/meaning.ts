import type { Change } from './change.ts';
import type { FieldPath } from './differences.ts';
import type { KubernetesObject } from './objects.ts';
import type { Pair, Side } from './parsed-directory.ts';

/** A directory of `dist/` that differs, seen as objects. */
export interface Scene {
  readonly before: Side;
  readonly after: Side;
  readonly pairs: readonly Pair[];
  /** The Lakekeeper resource; undefined where it is the same on both sides, or is on one side alone. */
  readonly catalog: {
    readonly before: KubernetesObject | undefined;
    readonly after: KubernetesObject | undefined;
  };
  /**
   * The platform's policies as they will be, which hold for the pods of every org too; none for the platform itself.
   */
  readonly sharedPolicies: readonly KubernetesObject[];
}

/**
 * One kind of meaning: what differences in some fields do when they are applied. Every field that it explains is one
 * that `changes` reports when it differs; a field that no meaning explains is reported as it is, so that nothing is
 * passed over.
 */
export interface Meaning {
  readonly explains: (object: KubernetesObject, path: FieldPath) => boolean;
  readonly changes: (scene: Scene) => readonly Change[];
}

/** Whether a path lies at one of these, or below: `spec.database`. */
export function within(path: FieldPath, ...roots: string[]): boolean {
  return roots.some((root) => root.split('.').every((key, i) => path[i] === key));
}
