import { recordTableOf } from '../catalog/record-target.ts';
import { kubernetesClient } from '../clients/kubernetes/kubernetes-client.ts';
import { type ConnectionChoice, connectKubernetes } from '../clients/kubernetes/kubernetes-connection.ts';
import { parseConnection } from '../clients/postgres/connection.ts';
import { withClient } from '../clients/postgres/postgres-client.ts';
import { recordTable } from '../mapping/record-table.ts';
import type { RecordsByOrg } from '../mapping/with-records.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { recordDatabase } from '../platform/record-database.ts';
import { readSecretKey } from '../registration/objects/secret-objects.ts';
import { readRecords } from '../registration/row/observe.ts';
import { mayHoldCredential, valueForMessage } from '../text/credential-form.ts';
import { UsageError } from '../text/errors.ts';
import { parseText, readText } from '../text/text-file.ts';
import { listConfigMaps, recordsInConfigMaps } from './recorded-configmaps.ts';

/**
 * Reads what is recorded of all orgs from the place that the settings name, where the source does not have it.
 *
 * @param from `cluster` for the cluster of the kubeconfig, where the ConfigMaps are, or the Secret with the URL of the
 *   table; a `postgres://` URL of the table's database; or a file with ConfigMaps, as kubectl prints them.
 * @throws UsageError when the settings record elsewhere, or what is there cannot be read; any other error when trying
 *   again may help.
 */
export async function readRecorded(
  from: string,
  platform: Platform,
  choice: ConnectionChoice = {},
): Promise<RecordsByOrg> {
  const { record } = platform.registration;
  if ('resource' in record)
    throw new UsageError(
      '--records: what is recorded is in the resources themselves (registration.record.resource)',
    );
  const isUrl = /^\s*postgres(ql)?:\/\//i.test(from);
  if ('configMap' in record) {
    if (from === 'cluster')
      return recordsInConfigMaps(await listConfigMaps(await clientOf(choice), platform), from);
    if (!isUrl && !mayHoldCredential(from))
      return recordsInConfigMaps(parseText(from, await readText(from)), from);
    throw new UsageError(
      '--records: registrations are recorded in ConfigMaps (registration.record.configMap); expected cluster, or a ' +
        'file with the output of: kubectl get configmaps -A -l app.kubernetes.io/part-of=lakekeeper-gitops -o json',
    );
  }
  if (from !== 'cluster' && !isUrl)
    throw new UsageError(
      '--records: registrations are recorded in a table (registration.record); expected a postgres:// URL, or cluster',
    );
  const url = isUrl ? from : await urlInCluster(platform, choice);
  return withClient(parseConnection(url, {}), (client) =>
    readRecords(client, recordTable(recordTableOf(platform))),
  );
}

async function clientOf(choice: ConnectionChoice) {
  return kubernetesClient(await connectKubernetes(choice), { attempts: 3 });
}

/** The URL in the Secret that the Jobs read. */
async function urlInCluster(platform: Platform, choice: ConnectionChoice): Promise<string> {
  const {
    namespace = platform.namespace,
    name,
    key,
  } = recordDatabase(platform)?.url ?? { name: '', key: '' };
  if (/[{}]/.test(namespace + name))
    throw new UsageError(
      `--records: the Secret ${valueForMessage(`${namespace}/${name}`)} is one for each org; ` +
        'expected a postgres:// URL',
    );
  return readSecretKey(await clientOf(choice), { namespace, name, key });
}
