import { retiredState } from '../catalog/gate.ts';
import { recordName } from '../catalog/names.ts';
import type { ClusterObjects } from './observe-cluster.ts';
import type { Finding, OrgStatus } from './verdict.ts';

/**
 * The status of an org that Git has as retiring, with what the cluster says: whether its catalog still exists, and
 * whether its retirement is recorded in a ConfigMap, as its row may be gone.
 *
 * @param status with a namespace only when the org is retiring in Git.
 */
export function withClusterRecord(
  status: OrgStatus,
  { configMaps, lakekeepers }: Pick<ClusterObjects, 'configMaps' | 'lakekeepers'>,
): OrgStatus {
  const { name, namespace, verdict } = status;
  if (verdict !== 'retiring' || namespace === undefined) return status;
  if ('value' in lakekeepers && lakekeepers.value.has(`${namespace}/${name}`)) {
    const what = 'the Lakekeeper resource still exists; confirm its removal in Argo CD';
    const finding: Finding = { verdict, subject: 'catalog', what };
    return { ...status, findings: [...status.findings, finding] };
  }
  const record = 'value' in configMaps ? configMaps.value.get(`${namespace}/${recordName(name)}`) : undefined;
  if (record?.data?.iceberg_state !== retiredState) return status;
  const what = 'it is retired, as its ConfigMap says; synth --status removes its directory';
  return { ...status, isRetired: true, findings: [{ verdict, subject: 'record', what }] };
}
