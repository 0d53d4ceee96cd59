import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { catalogNamespaceLabels } from '../catalog/object-labels.ts';
import { isAtLeast } from '../platform/kubernetes-version.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { amendedMetadata, podPatches, policyVariables } from './amendments-mutations.ts';
import { platformMetadata } from './metadata.ts';

/**
 * The policy of amendments (`amendments.ts`): an in-tree MutatingAdmissionPolicy (stable in Kubernetes 1.36, v1beta1
 * in 1.34 and 1.35), or a MutatingPolicy of Kyverno, which has the same fields. The label of a pod names its catalog,
 * so one policy is enough for the fleet.
 */

const name = 'lakekeeper-gitops-amendments';

/** The policy that amends the pods of all catalogs, and its binding. */
export function amendmentsPolicy(scope: Construct, platform: Platform): void {
  const spec = {
    failurePolicy: 'Fail',
    reinvocationPolicy: 'IfNeeded',
    matchConstraints: {
      namespaceSelector: { matchLabels: catalogNamespaceLabels },
      objectSelector: {
        matchLabels: { 'app.kubernetes.io/name': 'lakekeeper' },
        matchExpressions: [{ key: 'app.kubernetes.io/instance', operator: 'Exists' }],
      },
      resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
    },
    variables: policyVariables,
    mutations: [
      { patchType: 'ApplyConfiguration', applyConfiguration: { expression: amendedMetadata(platform) } },
      { patchType: 'JSONPatch', jsonPatch: { expression: podPatches(platform) } },
    ],
  };
  const metadata = platformMetadata(name);
  if (platform.operator.amendments && platform.operator.amendments.engine === 'kyverno') {
    new ApiObject(scope, 'policy', {
      apiVersion: 'policies.kyverno.io/v1beta1',
      kind: 'MutatingPolicy',
      metadata,
      // By itself Kyverno would also change the Deployments, against the operator.
      spec: { ...spec, autogen: { podControllers: { controllers: [] } } },
    });
    return;
  }
  const apiVersion = `admissionregistration.k8s.io/${isAtLeast(platform, 36) ? 'v1' : 'v1beta1'}`;
  new ApiObject(scope, 'policy', { apiVersion, kind: 'MutatingAdmissionPolicy', metadata, spec });
  new ApiObject(scope, 'policy-binding', {
    apiVersion,
    kind: 'MutatingAdmissionPolicyBinding',
    metadata,
    spec: { policyName: name },
  });
}
