import type { SecretKey } from '../../catalog/data-store-inputs.ts';
import type {
  KubernetesClient,
  KubernetesObject,
  ObjectAddress,
} from '../../clients/kubernetes/kubernetes-client.ts';
import { readObject, resources } from './cluster-objects.ts';

/**
 * The credential in a Duckling's status (docs/facts/duckgres-warehouse-row.md §4), as a password or as a reference to
 * a Secret.
 */
export interface DucklingCredential {
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly passwordSecret: SecretKey | undefined;
}

/** @throws Error if the Duckling does not exist, or its status has no credential yet. */
export async function readDucklingCredential(
  client: KubernetesClient,
  at: ObjectAddress,
): Promise<DucklingCredential> {
  const duckling = await readObject<
    KubernetesObject & { status?: { metadataStore?: Record<string, unknown> } }
  >(client, resources.ducklings, at);
  if (duckling === undefined) throw new Error(`there is no Duckling ${at.namespace}/${at.name}`);
  const store = duckling.status?.metadataStore ?? {};
  const reference = (store.credentialSecretRef ?? {}) as Record<string, unknown>;
  const [name, key] = [textOf(reference.name), textOf(reference.key)];
  const passwordSecret = name && key && { namespace: textOf(reference.namespace) ?? at.namespace, name, key };
  const password = textOf(store.password);
  if (!passwordSecret && password === undefined)
    throw new Error(`Duckling ${at.namespace}/${at.name} has no password in status.metadataStore yet`);
  return { user: textOf(store.user), password, passwordSecret: passwordSecret || undefined };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
