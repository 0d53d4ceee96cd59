import { createHash, createHmac } from 'node:crypto';
import { secretKeys } from '../../catalog/catalog.ts';
import type { SecretObject } from '../objects/secret-objects.ts';
import {
  type Amendments,
  dataChangedAt,
  type ObservedStartValues,
  othersWroteAnnotationAt,
  secretValues,
} from './observe.ts';

/**
 * Annotations of the org's Secret about the values that pods read at their start: digests of the values, and the time
 * of their last change. A pod that is older runs with former values. The digests are compared with the current
 * values, so that every change is detected, also one by hand.
 */
export const startValuesKeys = {
  /** Of user, password, encryption key and instance admins. */
  credentials: 'lakekeeper-gitops/start-credentials',
  amendments: 'lakekeeper-gitops/start-amendments',
  changedAt: 'lakekeeper-gitops/start-values-changed-at',
  /** The last change for which all pods were observed to be newer. */
  reachedPods: 'lakekeeper-gitops/start-values-reached-pods',
} as const;

type Annotations = Readonly<Record<string, string>>;

/**
 * The annotations with the digests of the values. The digest of the credentials is an HMAC with the encryption key, so
 * that it can only be checked by a reader of the Secret.
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

/**
 * The annotations of a new Secret. The time is before that of its creation, which the API server has to say. Every
 * change of the values writes another time, so that a restored backup does so too (`startValuesChangedAt`).
 */
export function firstNote(digests: Annotations): Annotations {
  return { ...digests, [startValuesKeys.changedAt]: new Date(0).toISOString() };
}

/**
 * When the values of pods last changed, in milliseconds since 1970: by the annotation, or the Secret's creation. A
 * restored backup has the annotation of its time. So it counts too when another client wrote the annotation.
 */
export function startValuesChangedAt(secret: SecretObject): number {
  const { annotations, creationTimestamp = '' } = secret.metadata;
  const created = Date.parse(creationTimestamp);
  const noted = Date.parse(annotations?.[startValuesKeys.changedAt] ?? '');
  // What is no time was written by another client: the time of its write counts.
  const known = Number.isNaN(noted) ? created : noted;
  return Math.max(created, known, othersWroteAnnotationAt(secret, startValuesKeys.changedAt) ?? 0);
}

/**
 * Whether all pods were observed to be newer than the last change, so that they need not be listed again.
 *
 * @param changedAt in milliseconds since 1970.
 */
export function haveReachedPods({ metadata }: SecretObject, changedAt: number): boolean {
  return Date.parse(metadata.annotations?.[startValuesKeys.reachedPods] ?? '') >= changedAt;
}

/** The annotation for `haveReachedPods`. */
export function noteOfPods(secret: SecretObject): Annotations {
  return { [startValuesKeys.reachedPods]: new Date(startValuesChangedAt(secret)).toISOString() };
}

/**
 * The annotations to write after a change of the values; none if nothing has changed.
 *
 * @param digests of the current values.
 * @param now in milliseconds since 1970, for a change whose time the API server does not have.
 */
export function noteOfChange(
  { secret, amendments }: ObservedStartValues & { readonly secret: SecretObject },
  digests: Annotations,
  now: number,
): Annotations {
  const noted = secret.metadata.annotations ?? {};
  const differs = (key: string) => noted[key] !== digests[key];
  // Written again, the annotation is ours: another write of the other client is then no change of it.
  const isRestored = othersWroteAnnotationAt(secret, startValuesKeys.changedAt) !== undefined;
  if (!isRestored && !Object.keys(digests).some(differs)) return {};
  const changes = [startValuesChangedAt(secret)];
  const isNoted = noted[startValuesKeys.credentials] !== undefined;
  if (!isNoted)
    // Created by hand or by a former version. Most of our writes to it were of other annotations.
    changes.push(dataChangedAt(secret, 'others') ?? 0);
  else {
    if (differs(startValuesKeys.credentials)) changes.push(dataChangedAt(secret) ?? now);
    if (differs(startValuesKeys.amendments)) changes.push(dataChangedAt(amendments) ?? now);
  }
  const changedAt = new Date(Math.max(...changes)).toISOString();
  return { ...digests, [startValuesKeys.changedAt]: changedAt };
}

/**
 * What a run would note, before it writes anything.
 *
 * @param data the keys that the run would write.
 * @returns whether it would write a note, and the time of the last change by then, in milliseconds since 1970.
 */
export function planNote(
  { secret, amendments }: ObservedStartValues,
  { data }: { readonly data: Readonly<Record<string, string | null>> },
  now: number,
): { readonly isNoted: boolean; readonly changedAt: number } {
  // The write of the values includes the note.
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
