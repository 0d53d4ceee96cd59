import type { Platform } from './platform-settings.ts';

/** Whether the pods of catalogs get the identity and variables that the upstream operator has no field for. */
export function completesPods({ operator }: Pick<Platform, 'operator'>): boolean {
  return operator.flavor === 'fork' || operator.amendments !== false;
}

/**
 * The ServiceAccount that an org's catalog runs as. Without the fork's field or an amendment, the operator's pods run
 * as `default`.
 */
export function podServiceAccount(platform: Pick<Platform, 'operator'>, name: string): string {
  return completesPods(platform) ? name : 'default';
}
