import type { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { orgKey, proofSuffix, registrationSuffix } from '../catalog/names.ts';
import { catalogNamespaceLabels } from '../catalog/object-labels.ts';
import { type AudienceGuard, audienceGuard } from '../platform/audience-guard.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { repairNamespace } from '../platform/repair-pods.ts';
import { admissionPolicy } from './admission-policy.ts';
import { repairName } from './repair-access.ts';

const name = 'lakekeeper-gitops-audiences';

/**
 * Any pod may request a token for any audience, and only the audience makes a catalog refuse the tokens of other orgs.
 * This ValidatingAdmissionPolicy (stable in Kubernetes 1.30) lets only an org's workers and its registration Job
 * request the org's audience. A label on the pod names its org, so the policy also limits who may set that label.
 */
export function audiencePolicy(scope: Construct, platform: Platform): void {
  const guard = audienceGuard(platform);
  if (guard === undefined) return;
  admissionPolicy(scope, name, {
    matchConstraints: {
      resourceRules: [
        {
          apiGroups: [''],
          apiVersions: ['v1'],
          operations: ['CREATE', 'UPDATE'],
          resources: ['pods', 'serviceaccounts/token'],
        },
      ],
    },
    variables: variablesOf(guard),
    validations: validationsOf(guard, platform),
  });
}

const requests = { group: 'lakekeeper-gitops', resource: 'audiences' };

/**
 * The right to request tokens with this audience for the account that the proof uses. The resource does not exist in
 * any API: the policy asks RBAC whether the registration account may create it. CEL cannot derive an org from the name
 * of an account.
 */
export function audienceRight(audience: string): k8s.PolicyRule {
  const { group, resource } = requests;
  return { apiGroups: [group], resources: [resource], verbs: ['create'], resourceNames: [audience] };
}

const quoted = (text: string) => JSON.stringify(text);

/** The user that creates the pods of Jobs: controllers may have accounts of their own, or share one. */
const jobController = ['system:serviceaccount:kube-system:job-controller', 'system:kube-controller-manager'];

function labelOf(object: string, key: string): string {
  const labels = `dyn(${object}).metadata.labels`;
  return `(has(${labels}) && ${quoted(key)} in ${labels} ? ${labels}[${quoted(key)}] : "")`;
}

function variablesOf({ labelKey, namespace, creators }: AudienceGuard) {
  const isOfCatalogs = Object.entries(catalogNamespaceLabels)
    .map(([key, value]) => `${labelOf('namespaceObject', key)} == ${quoted(value)}`)
    .join(' && ');
  return [
    { name: 'isPod', expression: 'request.resource.resource == "pods"' },
    { name: 'workerOf', expression: labelOf('object', labelKey) },
    { name: 'wasWorkerOf', expression: `oldObject == null ? "" : ${labelOf('oldObject', labelKey)}` },
    { name: 'isByControlPlane', expression: `request.userInfo.username in ${JSON.stringify(creators)}` },
    {
      name: 'isRegistration',
      expression:
        `variables.isPod && ${isOfCatalogs} && request.userInfo.username in ${JSON.stringify(jobController)} && ` +
        `has(dyn(object).spec.serviceAccountName) && ` +
        `dyn(object).spec.serviceAccountName.endsWith(${quoted(registrationSuffix)})`,
    },
    {
      // Empty for a pod of no org.
      name: 'org',
      expression:
        `!variables.isPod ? "" : variables.isRegistration ? ${labelOf('object', orgKey)} : ` +
        `request.namespace.matches(${quoted(namespace)}) ? variables.workerOf : ""`,
    },
    {
      // A template expands an id that is no DNS label to this text and a digest, which CEL cannot compute.
      name: 'stem',
      expression:
        'variables.org.lowerAscii().replace("_", "-").replace(".", "-")' +
        '.replace("--", "-").replace("--", "-").replace("--", "-")',
    },
    {
      name: 'asked',
      expression:
        'variables.isPod ? (has(dyn(object).spec.volumes) ? dyn(object).spec.volumes.map(v, ' +
        'has(v.projected) && has(v.projected.sources) ? v.projected.sources.map(s, ' +
        'has(s.serviceAccountToken) && has(s.serviceAccountToken.audience) ? s.serviceAccountToken.audience : "") ' +
        ': []) : []) : [has(dyn(object).spec.audiences) ? dyn(object).spec.audiences : []]',
    },
  ];
}

function validationsOf({ audiences, labelKey, creators }: AudienceGuard, platform: Platform) {
  // RBAC limits the repair to the accounts of registration.
  const repair = `system:serviceaccount:${repairNamespace(platform)}:${repairName}`;
  const isRepair = platform.repair
    ? `request.userInfo.username == ${quoted(repair)} && request.name.endsWith(${quoted(registrationSuffix)})`
    : 'false';
  const isProof =
    `request.name.endsWith(${quoted(proofSuffix)}) && request.userInfo.username == ` +
    '"system:serviceaccount:" + request.namespace + ":" + ' +
    `request.name.replace(${quoted(proofSuffix)}, ${quoted(registrationSuffix)})`;
  const hasRight =
    `authorizer.group(${quoted(requests.group)}).resource(${quoted(requests.resource)})` +
    '.namespace(request.namespace).name(a).check("create").allowed()';
  // The kubelet requests the tokens of a pod. The pod was validated when it was created.
  const isKubelet = 'has(request.userInfo.groups) && "system:nodes" in request.userInfo.groups';
  const asked = 'variables.asked.map(l, l.filter(a, a != "").join(", ")).filter(t, t != "").join(", ")';
  return [
    {
      expression:
        '(variables.isPod && request.operation == "UPDATE") || ' +
        `(!variables.isPod && ((${isKubelet}) || (${isRepair}))) || ` +
        `(!variables.isPod && ${isProof} && variables.asked.all(l, l.all(a, ${hasRight}))) || ` +
        `variables.asked.all(l, l.all(a, ${audiences.map(isPermitted).join(' && ')}))`,
      messageExpression:
        `"tokens were asked for with the audiences " + ${asked} + "; only the workers of an org and its registration ` +
        'Job may ask for the org\'s audience, in a volume of the pod" + (!variables.isPod ? "" : ' +
        'variables.org == "" ? ", and this pod is neither" : ", and this pod is of the org " + variables.org)',
    },
    {
      expression:
        '!variables.isPod || variables.workerOf == "" || variables.workerOf == variables.wasWorkerOf || ' +
        'variables.isByControlPlane',
      messageExpression:
        `"the label ${labelKey} makes a pod a worker of an org; only ${creators.join(', ')} may put it on a pod, ` +
        'not " + request.userInfo.username',
    },
  ];
}

/** Whether the audience `a` does not match a template, or is that of the pod's own org. */
function isPermitted({ prefix, suffix }: AudienceGuard['audiences'][number]): string {
  const escaped = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  const isOfTemplate = `a.startsWith(${quoted(prefix)}) && a.endsWith(${quoted(suffix)})`;
  const cut = 'variables.stem.substring(0, variables.stem.size() < 54 ? variables.stem.size() : 54)';
  const stem = `(${cut}.endsWith("-") ? ${cut} : ${cut} + "-")`;
  const isOwn =
    'variables.org.matches("^[a-z0-9]([a-z0-9-]*[a-z0-9])?$") ' +
    `? a == ${quoted(prefix)} + variables.org + ${quoted(suffix)} ` +
    `: a.matches(${quoted(`^${escaped(prefix)}`)} + ${stem} + ${quoted(`[0-9a-f]{8}${escaped(suffix)}$`)})`;
  return `(!(${isOfTemplate}) || (variables.org != "" && (${isOwn})))`;
}
