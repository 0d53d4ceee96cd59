import type { Construct } from 'constructs';
import { registrationSuffix, retirementAccountSuffix } from '../catalog/names.ts';
import { catalogNamespaceLabels } from '../catalog/object-labels.ts';
import { isAtLeast } from '../platform/kubernetes-version.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { admissionPolicy } from './admission-policy.ts';

const name = 'lakekeeper-gitops-registration';
/** The end of a pod's name, after the name of its catalog: the hash of the ReplicaSet, and five characters. */
const podSuffix = '-[a-z0-9]{1,10}-[a-z0-9]{5}';

/**
 * Whether to render the policy. The cluster must have ValidatingAdmissionPolicies: by the version of Kubernetes in the
 * settings, or because amendments need a newer one anyway.
 */
export function limitsRegistration(platform: Platform): boolean {
  const { registration, operator, kubernetesVersion } = platform;
  const isKnown = kubernetesVersion !== undefined || operator.amendments !== false;
  return registration.admissionPolicy ?? (isKnown && isAtLeast(platform, 30));
}

/**
 * RBAC cannot limit a create by name. This ValidatingAdmissionPolicy (stable in Kubernetes 1.30) lets the registration
 * Job of a catalog create only that catalog's Secret and ConfigMap, and evict only its pods; and its retirement Job
 * create only that ConfigMap. The name of the Job's ServiceAccount names the catalog, so one policy is enough for all.
 */
export function registrationPolicy(scope: Construct): void {
  admissionPolicy(scope, name, {
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
          `(request.userInfo.username.endsWith("${registrationSuffix}") || ` +
          `request.userInfo.username.endsWith("${retirementAccountSuffix}"))`,
      },
    ],
    variables: [
      // The name of a catalog has no dot.
      { name: 'account', expression: 'request.userInfo.username.split(":")' },
      { name: 'catalog', expression: 'variables.account[3].split(".")[0]' },
      // Empty with generateName.
      { name: 'name', expression: 'has(object.metadata.name) ? object.metadata.name : ""' },
      { name: 'resource', expression: 'request.resource.resource' },
      {
        name: 'job',
        expression: `variables.account[3].endsWith("${retirementAccountSuffix}") ? "retirement" : "registration"`,
      },
    ],
    validations: [
      {
        expression: 'request.namespace == variables.account[2]',
        messageExpression: `"a " + variables.job + " Job works in its catalog's namespace only"`,
      },
      {
        expression: 'variables.job != "retirement" || variables.resource == "configmaps"',
        message: 'a retirement Job may create its ConfigMap only',
      },
      {
        expression:
          'variables.resource != "secrets" || (variables.name == variables.catalog && dyn(object).type == "Opaque")',
        messageExpression:
          '"this registration Job may create the Opaque Secret " + variables.catalog + " only"',
      },
      {
        expression: 'variables.resource != "configmaps" || variables.name == variables.catalog + "-endpoint"',
        messageExpression:
          '"this " + variables.job + " Job may create the ConfigMap " + variables.catalog + "-endpoint only"',
      },
      {
        expression:
          'variables.resource != "pods" || variables.name.matches("^" + variables.catalog + ' +
          `"${podSuffix}$")`,
        messageExpression:
          '"this registration Job may evict the pods of Deployment " + variables.catalog + " only"',
      },
    ],
  });
}
