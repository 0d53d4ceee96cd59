import type { Condition, LakekeeperObject } from '../../objects/operator-objects.ts';

/**
 * A condition of the operator, if it is of the resource's current generation. `Migrated` and `Bootstrapped` may stay
 * at an older one.
 */
export function currentCondition(
  { metadata, status }: LakekeeperObject,
  type: string,
): Condition | undefined {
  const condition = status?.conditions?.find((candidate) => candidate.type === type);
  return condition && (condition.observedGeneration ?? 0) >= (metadata.generation ?? 0)
    ? condition
    : undefined;
}

/** `MigrationFailed: migration job x failed after 3 attempts` */
export function conditionText(condition: Condition | undefined): string {
  return [condition?.reason, condition?.message].filter(Boolean).join(': ') || 'no reason given';
}

/**
 * The condition with the most specific reason why a catalog is not ready. `Ready` itself has only "Required secrets
 * are missing" or "Failed to reconcile Deployment" (docs/facts/operator-recordings.md §2).
 */
export function mostSpecificCondition(lakekeeper: LakekeeperObject): Condition | undefined {
  const ready = currentCondition(lakekeeper, 'Ready');
  if (ready?.status === 'True') return currentCondition(lakekeeper, 'Bootstrapped') ?? ready;
  const others = ['Degraded', 'Migrated'].map((type) => currentCondition(lakekeeper, type));
  return others.find((condition) => condition !== undefined && condition.reason === ready?.reason) ?? ready;
}

/** A Secret that the operator reports as missing, or a key of one. */
export interface MissingSecret {
  readonly secret: string;
  readonly key: string | undefined;
}

/** @returns undefined if no Secret is reported as missing, or the message is not one that is known. */
export function missingSecret(lakekeeper: LakekeeperObject): MissingSecret | undefined {
  const message = currentCondition(lakekeeper, 'Degraded')?.message ?? '';
  const whole = /^secret (\S+) not found/.exec(message);
  if (whole?.[1] !== undefined) return { secret: whole[1], key: undefined };
  const [, key, secret] = /^key (\S+) not found in secret (\S+)$/.exec(message) ?? [];
  return secret === undefined ? undefined : { secret, key };
}
