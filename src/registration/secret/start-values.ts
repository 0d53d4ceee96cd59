import { createHash, createHmac } from 'node:crypto';
import { secretKeys } from '../../catalog/catalog.ts';
import type { SecretObject } from '../objects/secret-objects.ts';
import { type Amendments, dataChangedAt, type ObservedStartValues, secretValues } from './observe.ts';

/**
 * What pods read at their start is noted in the annotations of the org's Secret: digests of the values, and
 * when they last changed. A pod that is older than that runs with former ones; no pod says what it was started
 * with. The digests are compared with the values that are there, so that a change by anybody is noticed, also
 * one by hand.
 */
export const startValuesKeys = {
  /** Of user, password, encryption key and instance admins. */
  credentials: 'lakekeeper-gitops/start-credentials',
  amendments: 'lakekeeper-gitops/start-amendments',
  changedAt: 'lakekeeper-gitops/start-values-changed-at',
  /** The last of these times that all pods were seen to be younger than: they stay so. */
  reachedPods: 'lakekeeper-gitops/start-values-reached-pods',
} as const;

type Annotations = Readonly<Record<string, string>>;

/**
 * The digests that annotations hold of values. Says nothing to anybody who has not the encryption key, which
 * lies beside it.
 */
export function startDigests(
  values: Readonly<Partial<Record<string, string>>>,
  amendments: Amendments | undefined,
): Annotations {
  const { user, password, encryptionKey, instanceAdmins } = secretKeys;
  const admins = values[instanceAdmins] === undefined ? [] : [values[instanceAdmins]];
  const read = JSON.stringify(['lakekeeper-gitops/start-values', values[user], values[password], ...admins]);
  const variables = Object.entries(amendments?.data ?? {}).sort(([one], [other]) => (one < other ? -1 : 1));
  return {
    [startValuesKeys.credentials]: createHmac('sha256', values[encryptionKey] ?? '')
      .update(read)
      .digest('hex'),
    [startValuesKeys.amendments]:
      amendments === undefined
        ? 'none'
        : createHash('sha256').update(JSON.stringify(variables)).digest('hex'),
  };
}

/** When the values of pods last changed, as noted. Milliseconds; without a note they are as old as the Secret. */
export function startValuesChangedAt({ metadata }: SecretObject): number {
  const noted = metadata.annotations?.[startValuesKeys.changedAt];
  return Date.parse(noted ?? metadata.creationTimestamp ?? '');
}

/**
 * Whether all pods were seen to be younger than the last change, so that none has to be looked at for it.
 *
 * @param changedAt milliseconds.
 */
export function haveReachedPods({ metadata }: SecretObject, changedAt: number): boolean {
  return Date.parse(metadata.annotations?.[startValuesKeys.reachedPods] ?? '') >= changedAt;
}

/** The annotation that notes it. */
export function noteOfPods(secret: SecretObject): Annotations {
  return { [startValuesKeys.reachedPods]: new Date(startValuesChangedAt(secret)).toISOString() };
}

/**
 * The annotations that note what changed since they were written; none when nothing did.
 *
 * @param observed with the values that are in the Secret now.
 * @param now milliseconds: for a change of which the API server has no time.
 */
export function noteOfChange(
  { secret, amendments }: ObservedStartValues & { readonly secret: SecretObject },
  digests: Annotations,
  now: number,
): Annotations {
  const noted = secret.metadata.annotations ?? {};
  const differs = (key: string) => noted[key] !== digests[key];
  if (!Object.keys(digests).some(differs)) return {};
  const changes = [startValuesChangedAt(secret)];
  const isNoted = noted[startValuesKeys.credentials] !== undefined;
  if (!isNoted)
    // Made by hand or by a former version: of our own writes there, most were of other annotations.
    changes.push(dataChangedAt(secret, 'others') ?? 0);
  else {
    if (differs(startValuesKeys.credentials)) changes.push(dataChangedAt(secret) ?? now);
    if (differs(startValuesKeys.amendments)) changes.push(dataChangedAt(amendments) ?? now);
  }
  const changedAt = new Date(Math.max(...changes)).toISOString();
  return { ...digests, [startValuesKeys.changedAt]: changedAt };
}

/**
 * What a run would note: as `noteOfChange`, before anything is written.
 *
 * @param data keys that the run would write.
 * @returns whether it would, and when the values would have changed by then, in milliseconds.
 */
export function planNote(
  { secret, amendments }: ObservedStartValues,
  { data }: { readonly data: Readonly<Record<string, string | null>> },
  now: number,
): { readonly isNoted: boolean; readonly changedAt: number } {
  // What is written comes with its note.
  if (secret === undefined) return { isNoted: false, changedAt: now };
  const { user, password, encryptionKey, instanceAdmins } = secretKeys;
  if ([user, password, encryptionKey, instanceAdmins].some((key) => Object.hasOwn(data, key)))
    return { isNoted: false, changedAt: now };
  const note = noteOfChange({ secret, amendments }, startDigests(secretValues(secret), amendments), now);
  const noted = note[startValuesKeys.changedAt];
  return noted === undefined
    ? { isNoted: false, changedAt: startValuesChangedAt(secret) }
    : { isNoted: true, changedAt: Date.parse(noted) };
}
