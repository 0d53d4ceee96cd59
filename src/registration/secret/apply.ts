import type { KubernetesClient, ObjectAddress } from '../../clients/kubernetes/kubernetes-client.ts';
import { createSecret, patchSecret, type SecretObject } from '../objects/secret-objects.ts';
import { type ObservedStartValues, secretValues } from './observe.ts';
import type { OrgSecretPlan } from './plan.ts';
import { firstNote, noteOfChange, startDigests } from './start-values.ts';

export interface OrgSecretAddress extends ObjectAddress {
  readonly org: string;
  /** Value of the org label: the org id, where that is a valid label value. */
  readonly orgLabel: string;
}

/** `conflict`: another client has written the Secret meanwhile, so that the change has to be planned again. */
export type WrittenSecret =
  | { readonly outcome: 'unchanged' | 'noted' | 'written'; readonly secret: SecretObject }
  | { readonly outcome: 'conflict' };

/** Applies the plan to the org's Secret, and notes in it when the values that pods read at their start changed. */
export async function applySecret(
  client: KubernetesClient,
  at: OrgSecretAddress,
  { secret: observed, amendments }: ObservedStartValues,
  { data, labels }: OrgSecretPlan,
): Promise<WrittenSecret> {
  if (observed === undefined) {
    const made = present(data);
    const annotations = firstNote(startDigests(decoded(made), amendments));
    const { outcome, secret } = await createSecret(client, { ...at, data: made, annotations });
    return outcome === 'created' ? { outcome: 'written', secret } : { outcome: 'conflict' };
  }
  // Before the write: in a Secret without a note, our own writes are not counted as changes.
  const noted = await noteChange(client, at, { secret: observed, amendments });
  if (noted.outcome === 'conflict' || Object.keys({ ...data, ...labels }).length === 0) return noted;
  const patched = await patchSecret(client, at, noted.secret, { data, labels });
  if (patched.outcome === 'conflict') return { outcome: 'conflict' };
  const again = await noteChange(client, at, { secret: patched.secret, amendments });
  return again.outcome === 'conflict' ? again : { outcome: 'written', secret: again.secret };
}

/**
 * After the write, because the API server sets the time of a change. If the run ends before it, the next one notes
 * it.
 */
async function noteChange(
  client: KubernetesClient,
  at: ObjectAddress,
  observed: ObservedStartValues & { readonly secret: SecretObject },
): Promise<WrittenSecret> {
  const digests = startDigests(secretValues(observed.secret), observed.amendments);
  const annotations = noteOfChange(observed, digests, Date.now());
  if (Object.keys(annotations).length === 0) return { outcome: 'unchanged', secret: observed.secret };
  const { outcome, secret } = await patchSecret(client, at, observed.secret, { annotations });
  return outcome === 'conflict' ? { outcome } : { outcome: 'noted', secret };
}

/** A Secret that is made has nothing to take away. */
function present(data: OrgSecretPlan['data']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(data).flatMap(([key, value]) => (value === null ? [] : [[key, value]])),
  );
}

function decoded(data: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  );
}
