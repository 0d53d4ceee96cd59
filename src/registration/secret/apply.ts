import type { KubernetesClient, ObjectAddress } from '../../clients/kubernetes/kubernetes-client.ts';
import { createSecret, patchSecret, type SecretObject } from '../kubernetes-objects.ts';
import { type ObservedStartValues, secretValues } from './observe.ts';
import type { OrgSecretPlan } from './plan.ts';
import { noteOfChange, startDigests } from './start-values.ts';

export interface OrgSecretAddress extends ObjectAddress {
  readonly org: string;
  /** Value of the org label: the org id where it is a label value. */
  readonly orgLabel: string;
}

/** What became of the Secret. `conflict`: somebody else wrote it meanwhile, so that it has to be decided anew. */
export type WrittenSecret =
  | { readonly outcome: 'unchanged' | 'noted' | 'written'; readonly secret: SecretObject }
  | { readonly outcome: 'conflict' };

/** Makes the org's Secret what is planned, and notes in it when the values that pods read at their start changed. */
export async function applySecret(
  client: KubernetesClient,
  at: OrgSecretAddress,
  { secret: observed, amendments }: ObservedStartValues,
  { data }: OrgSecretPlan,
): Promise<WrittenSecret> {
  if (observed === undefined) {
    const annotations = startDigests(decoded(data), amendments);
    const { outcome, secret } = await createSecret(client, { ...at, data, annotations });
    return outcome === 'created' ? { outcome: 'written', secret } : { outcome: 'conflict' };
  }
  let secret = observed;
  const isWritten = Object.keys(data).length > 0;
  if (isWritten) {
    const patched = await patchSecret(client, at, secret, { data });
    if (patched.outcome === 'conflict') return { outcome: 'conflict' };
    secret = patched.secret;
  }
  // Only now does the API server say when the data changed. A run that dies before this is made good by the next.
  const annotations = noteOfChange(
    { secret, amendments },
    startDigests(secretValues(secret), amendments),
    Date.now(),
  );
  if (Object.keys(annotations).length === 0) return { outcome: isWritten ? 'written' : 'unchanged', secret };
  const noted = await patchSecret(client, at, secret, { annotations });
  if (noted.outcome === 'conflict') return { outcome: 'conflict' };
  return { outcome: isWritten ? 'written' : 'noted', secret: noted.secret };
}

function decoded(data: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  );
}
