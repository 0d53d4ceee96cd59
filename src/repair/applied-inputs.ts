import { catalogNamespaceLabels, labelSelector, partOf, retiredLabel } from '../catalog/object-labels.ts';
import { inputsKey, inputsSuffix } from '../catalog/registration-inputs.ts';
import type { KubernetesClient, KubernetesObject } from '../clients/kubernetes/kubernetes-client.ts';
import { listObjects } from '../clients/kubernetes/list.ts';
import { resources } from '../registration/objects/cluster-objects.ts';
import { PermanentError } from '../text/errors.ts';

/** The registration inputs of an org, as Argo CD has applied them from Git. */
export interface AppliedInputs {
  readonly namespace: string;
  /** Name of the catalog. */
  readonly name: string;
  /** Encoded: `decode` parses it. */
  readonly text: string;
}

/** A namespace of catalogs whose registration inputs could not be listed, as when its Role is not applied. */
export interface UnreadNamespace {
  readonly name: string;
  readonly error: PermanentError;
}

type ConfigMap = KubernetesObject & { readonly data?: Readonly<Record<string, string>> };

/**
 * Lists the registration inputs of every org. Those of an org that is being removed are left out. A namespace that may
 * not be read does not end the list: the other orgs are repaired.
 *
 * @param namespace of the catalogs; undefined for every namespace that is labelled as one of catalogs.
 * @throws as `KubernetesClient.call`.
 */
export async function appliedInputs(
  client: KubernetesClient,
  namespace: string | undefined,
): Promise<(AppliedInputs | UnreadNamespace)[]> {
  if (namespace !== undefined) return listInputs(client, namespace);
  const found: (AppliedInputs | UnreadNamespace)[] = [];
  for (const name of await catalogNamespaces(client)) {
    try {
      found.push(...(await listInputs(client, name)));
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error;
      found.push({ name, error });
    }
  }
  return found;
}

async function listInputs(client: KubernetesClient, namespace: string): Promise<AppliedInputs[]> {
  const collection = { resource: resources.configMaps, namespace, labelSelector: labelSelector(partOf) };
  return [...(await listObjects(client, collection, inputsIn)).values()];
}

function inputsIn({ metadata, data }: ConfigMap): AppliedInputs | undefined {
  const text = data?.[inputsKey];
  const { name, namespace = '', deletionTimestamp } = metadata;
  if (text === undefined || deletionTimestamp !== undefined || !name.endsWith(inputsSuffix)) return undefined;
  return { namespace, name: name.slice(0, -inputsSuffix.length), text };
}

/** Without those of retired orgs: they keep a Secret only, and no Role of repair. */
async function catalogNamespaces(client: KubernetesClient): Promise<string[]> {
  const collection = {
    resource: resources.namespaces,
    namespace: '',
    labelSelector: labelSelector(catalogNamespaceLabels),
  };
  const listed = await listObjects(client, collection, ({ metadata }) =>
    metadata.labels?.[retiredLabel] === undefined ? metadata.name : undefined,
  );
  return [...listed.values()];
}
