import { recordRights } from '../../catalog/record-rights.ts';
import type { RecordPlace } from '../../mapping/recorded-resource.ts';
import type { ListedKind } from '../../mapping/resource-record.ts';

/**
 * The least rights to read orgs that are Kubernetes resources, as YAML: a Role where the settings name a namespace,
 * else a ClusterRole. What the Job of each org needs, if the record is in its resource, follows as a comment: synth
 * renders that Role.
 *
 * @param role name of the Role.
 */
export function resourceGrants(listed: ListedKind, place: RecordPlace | undefined, role: string): string {
  const { group, plural, namespace } = listed;
  const metadata = { name: role, ...(namespace !== undefined && { namespace }) };
  return [
    '# For the account with which synth, plan, attach and status list the orgs.',
    'apiVersion: rbac.authorization.k8s.io/v1',
    `kind: ${namespace === undefined ? 'ClusterRole' : 'Role'}`,
    `metadata: ${JSON.stringify(metadata)}`,
    'rules:',
    ruleLine({ apiGroups: [group], resources: [plural], verbs: ['list'] }),
    ...(place === undefined ? [] : ofJobs(listed, place)),
  ].join('\n');
}

function ofJobs(listed: ListedKind, place: RecordPlace): string[] {
  const target = { ...listed, namespace: '', name: '', mapping: 'duckgres', place } as const;
  return [
    '# The Job of each org has, by the Role that synth renders, in the namespace of its resource:',
    ...recordRights({ resource: target }).map(
      ({ apiGroup, resource, verbs }) =>
        `# ${ruleLine({
          apiGroups: [apiGroup],
          resources: [resource],
          verbs: [...verbs],
          resourceNames: ['<its resource>'],
        })}`,
    ),
  ];
}

/** JSON is YAML. */
function ruleLine(rule: Readonly<Record<string, readonly string[]>>): string {
  return `  - ${JSON.stringify(rule)}`;
}
