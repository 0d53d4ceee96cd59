import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import type { Platform } from '../platform/platform-settings.ts';
import { catalogNamespaceLabels, platformMetadata } from './metadata.ts';
import { registrationSuffix } from './registration-access.ts';

const name = 'lakekeeper-gitops-registration';
/**
 * What follows the catalog's name in that of its pods: the hash of the ReplicaSet, and five characters of the
 * pod's own.
 */
const podSuffix = '-[a-z0-9]{1,10}-[a-z0-9]{5}';

/** Whether the cluster is known to have the kind: amendments need a newer Kubernetes than it. */
export function limitsRegistration({ registration, operator }: Platform): boolean {
  return registration.admissionPolicy ?? operator.amendments;
}

/**
 * What RBAC cannot say: a create by name. A ValidatingAdmissionPolicy (stable in Kubernetes 1.30) lets the
 * registration Job of a catalog create that catalog's own Secret and ConfigMap and evict its own pods, and no
 * others. Whose Job it is follows from the name of its ServiceAccount, so that one policy is enough for all.
 */
export function registrationPolicy(scope: Construct): void {
  const apiVersion = 'admissionregistration.k8s.io/v1';
  new ApiObject(scope, 'policy', {
    apiVersion,
    kind: 'ValidatingAdmissionPolicy',
    metadata: platformMetadata(name),
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        namespaceSelector: { matchLabels: catalogNamespaceLabels },
        resourceRules: [
          {
            apiGroups: [''],
            apiVersions: ['v1'],
            operations: ['CREATE'],
            resources: ['secrets', 'configmaps', 'pods/eviction'],
          },
        ],
      },
      matchConditions: [
        {
          name: 'registration',
          expression:
            'request.userInfo.username.startsWith("system:serviceaccount:") && ' +
            `request.userInfo.username.endsWith("${registrationSuffix}")`,
        },
      ],
      variables: [
        // No name of a catalog has a dot.
        { name: 'account', expression: 'request.userInfo.username.split(":")' },
        { name: 'catalog', expression: 'variables.account[3].split(".")[0]' },
        // A name that the server is to make up is none.
        { name: 'name', expression: 'has(object.metadata.name) ? object.metadata.name : ""' },
        { name: 'resource', expression: 'request.resource.resource' },
      ],
      validations: [
        {
          expression: 'request.namespace == variables.account[2]',
          message: "a registration Job works in its catalog's namespace only",
        },
        {
          expression:
            'variables.resource != "secrets" || (variables.name == variables.catalog && dyn(object).type == "Opaque")',
          messageExpression:
            '"this registration Job may create the Opaque Secret " + variables.catalog + " only"',
        },
        {
          expression:
            'variables.resource != "configmaps" || variables.name == variables.catalog + "-endpoint"',
          messageExpression:
            '"this registration Job may create the ConfigMap " + variables.catalog + "-endpoint only"',
        },
        {
          expression:
            'variables.resource != "pods" || variables.name.matches("^" + variables.catalog + ' +
            `"${podSuffix}$")`,
          messageExpression:
            '"this registration Job may evict the pods of Deployment " + variables.catalog + " only"',
        },
      ],
    },
  });
  new ApiObject(scope, 'policy-binding', {
    apiVersion,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: platformMetadata(name),
    spec: { policyName: name, validationActions: ['Deny'] },
  });
}
