import type { ApiObjectMetadata } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';

export const rbacGroup = 'rbac.authorization.k8s.io';

/**
 * A Role, and a RoleBinding of the same name that grants it to an account.
 *
 * @param id of the constructs.
 * @param ofBinding more annotations of the RoleBinding.
 */
export function boundRole(
  scope: Construct,
  id: string,
  metadata: ApiObjectMetadata,
  rules: k8s.PolicyRule[],
  account: { readonly name: string; readonly namespace: string },
  ofBinding?: Readonly<Record<string, string>>,
): void {
  new k8s.KubeRole(scope, `${id}-role`, { metadata, rules });
  new k8s.KubeRoleBinding(scope, `${id}-binding`, {
    metadata: { ...metadata, ...(ofBinding && { annotations: { ...metadata.annotations, ...ofBinding } }) },
    roleRef: { apiGroup: rbacGroup, kind: 'Role', name: metadata.name ?? '' },
    subjects: [serviceAccountSubject(account)],
  });
}

export function serviceAccountSubject({
  name,
  namespace,
}: {
  readonly name: string;
  readonly namespace: string;
}): k8s.Subject {
  return { kind: 'ServiceAccount', name, namespace };
}

/** A rule of a Role. @param names of the objects; none for `create`, which RBAC cannot limit by name. */
export function policyRule(
  apiGroup: string,
  resource: string,
  verbs: readonly string[],
  names?: readonly string[],
): k8s.PolicyRule {
  return {
    apiGroups: [apiGroup],
    resources: [resource],
    verbs: [...verbs],
    ...(names && { resourceNames: [...new Set(names)].sort() }),
  };
}
