import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { partOf } from '../../catalog/object-labels.ts';
import { shippedText } from '../../text/shipped-text.ts';
import type { PlatformWithArgoCD } from './argocd-names.ts';
import type { Explanations } from './explanations.ts';

const customization = 'lakekeeper.k8s.lakekeeper.io/Lakekeeper';

/**
 * The health check of Lakekeeper resources, as a patch of Argo CD's ConfigMap. The operator of Argo CD takes changes of
 * that back; its own resource has a field for it.
 */
export function healthCheck(scope: Construct, { argocd }: PlatformWithArgoCD): void {
  const options = 'ServerSideApply=true,Prune=false,Delete=false';
  const annotations = { 'argocd.argoproj.io/sync-options': options };
  if (argocd.operatorInstance !== undefined) {
    const [group, kind] = customization.split('/');
    new ApiObject(scope, 'health-check', {
      apiVersion: 'argoproj.io/v1beta1',
      kind: 'ArgoCD',
      metadata: { name: argocd.operatorInstance, namespace: argocd.namespace, labels: partOf, annotations },
      spec: { resourceHealthChecks: [{ group, kind, check: script() }] },
    });
    return;
  }
  new ApiObject(scope, 'health-check', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'argocd-cm',
      namespace: argocd.namespace,
      labels: { 'app.kubernetes.io/part-of': 'argocd' },
      annotations,
    },
    data: { [`resource.customizations.health.${customization.replace('/', '_')}`]: script() },
  });
}

/** The script is in the layout of Argo CD's own checks, so that Argo CD's test tool can run it. */
function script(): string {
  return shippedText(`argo-cd/resource_customizations/${customization}/health.lua`);
}

export const healthCheckExplained: Explanations = {
  '':
    'A patch, which keeps the other keys of argocd-cm: kubectl patch --patch-file, kubectl apply ' +
    '--server-side, or a patch in the Kustomization of Argo CD.',
  metadata: {
    labels: 'Argo CD reads a ConfigMap with this label only.',
    annotations: 'If this file is synced, the ConfigMap that it patches must not be pruned or deleted.',
  },
};

export const operatorHealthCheckExplained: Explanations = {
  '':
    'A patch for the resource of the Argo CD operator: kubectl patch --type merge --patch-file. The list is replaced ' +
    'as a whole: add the other checks of your instance to it.',
};
