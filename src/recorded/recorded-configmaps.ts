import { retiredState } from '../catalog/gate.ts';
import { orgKey, recordName } from '../catalog/names.ts';
import { labelSelector, partOf } from '../catalog/object-labels.ts';
import type { KubernetesClient } from '../clients/kubernetes/kubernetes-client.ts';
import { listObjects } from '../clients/kubernetes/list.ts';
import type { RecordsByOrg } from '../mapping/with-records.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { resources } from '../registration/objects/cluster-objects.ts';
import type { ConfigMapObject } from '../registration/objects/configmap-objects.ts';
import { keyForMessage } from '../text/credential-form.ts';
import { UsageError } from '../text/errors.ts';

/** The ConfigMaps of all orgs, in the form of `kubectl get -o json`. */
export async function listConfigMaps(client: KubernetesClient, platform: Platform): Promise<unknown> {
  const found = await listObjects<ConfigMapObject, ConfigMapObject>(
    client,
    {
      resource: resources.configMaps,
      namespace: platform.tenancy === 'sharedNamespace' ? platform.namespace : '',
      labelSelector: labelSelector(partOf),
    },
    (one) => one,
  );
  return { items: [...found.values()] };
}

/**
 * What is recorded in the ConfigMaps that registration and retirement wrote; other ConfigMaps are left out.
 *
 * @param place for messages.
 * @throws UsageError when the content is no list, or an org has two records.
 */
export function recordsInConfigMaps(content: unknown, place: string): RecordsByOrg {
  const { items } = (content ?? {}) as { items?: unknown };
  if (!Array.isArray(items))
    throw new UsageError(`${place}: is not a list of ConfigMaps, as kubectl prints it`);
  const found = new Map<string, { at: string; data: Readonly<Record<string, string>> }>();
  for (const { metadata, data = {} } of items.filter(isObject)) {
    const org = metadata.annotations?.[orgKey];
    if (org === undefined || !metadata.name.endsWith(recordName(''))) continue;
    const at = `${metadata.namespace ?? ''}/${metadata.name}`;
    const other = found.get(org);
    // The record of a former name may be left of an org that has another by now.
    const isRetired = data.iceberg_state === retiredState;
    if (other === undefined || other.data.iceberg_state === retiredState) found.set(org, { at, data });
    else if (!isRetired)
      throw new UsageError(
        `${place}: org ${keyForMessage(org)} has two records: ConfigMap ${other.at}, and ${at}; delete the one of ` +
          'the name that it no longer has',
      );
  }
  return new Map([...found].map(([org, { data }]) => [org, data]));
}

function isObject(item: unknown): item is ConfigMapObject {
  return typeof (item as ConfigMapObject | null)?.metadata?.name === 'string';
}
