import { catalogNamespaceLabels, labelSelector, partOf } from '../catalog/object-labels.ts';
import { inputsKey, inputsSuffix } from '../catalog/registration-inputs.ts';
import type { KubernetesClient, KubernetesObject } from '../clients/kubernetes/kubernetes-client.ts';
import { listObjects } from '../clients/kubernetes/list.ts';
import { resources } from '../registration/objects/cluster-objects.ts';

/** The registration inputs of an org, as Argo CD has applied them from Git. */
export interface AppliedInputs {
  readonly namespace: string;
  /** Name of the catalog. */
  readonly name: string;
  /** Encoded: `decode` parses it. */
  readonly text: string;
}

type ConfigMap = KubernetesObject & { readonly data?: Readonly<Record<string, string>> };

/**
 * Lists the registration inputs of every org, sorted by the name of its catalog. Those of an org that is being
 * removed are left out.
 *
 * @param namespace of the catalogs; undefined for every namespace that is labelled as one of catalogs.
 * @throws as `KubernetesClient.call`.
 */
export async function appliedInputs(
  client: KubernetesClient,
  namespace: string | undefined,
): Promise<AppliedInputs[]> {
  const namespaces = namespace === undefined ? await catalogNamespaces(client) : [namespace];
  const found: AppliedInputs[] = [];
  for (const one of namespaces) {
    const collection = {
      resource: resources.configMaps,
      namespace: one,
      labelSelector: labelSelector(partOf),
    };
    found.push(...(await listObjects(client, collection, inputsIn)).values());
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function inputsIn({ metadata, data }: ConfigMap): AppliedInputs | undefined {
  const text = data?.[inputsKey];
  const { name, namespace = '', deletionTimestamp } = metadata;
  if (text === undefined || deletionTimestamp !== undefined || !name.endsWith(inputsSuffix)) return undefined;
  return { namespace, name: name.slice(0, -inputsSuffix.length), text };
}

async function catalogNamespaces(client: KubernetesClient): Promise<string[]> {
  const collection = {
    resource: resources.namespaces,
    namespace: '',
    labelSelector: labelSelector(catalogNamespaceLabels),
  };
  return [...(await listObjects(client, collection, ({ metadata }) => metadata.name)).values()];
}
