import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { platformMetadata } from './metadata.ts';

const apiVersion = 'admissionregistration.k8s.io/v1';

/**
 * A ValidatingAdmissionPolicy and its binding. The API server refuses what the policy does not allow, and every
 * request for which the policy cannot be evaluated.
 *
 * @param spec without the failure policy.
 */
export function admissionPolicy(scope: Construct, name: string, spec: object): void {
  new ApiObject(scope, 'policy', {
    apiVersion,
    kind: 'ValidatingAdmissionPolicy',
    metadata: platformMetadata(name),
    spec: { failurePolicy: 'Fail', ...spec },
  });
  new ApiObject(scope, 'policy-binding', {
    apiVersion,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: platformMetadata(name),
    spec: { policyName: name, validationActions: ['Deny'] },
  });
}
