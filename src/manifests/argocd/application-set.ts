import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { partOf } from '../../catalog/object-labels.ts';
import {
  applicationAnnotations,
  applicationAnnotationsExplained,
  applicationSpec,
  applicationSpecExplained,
} from './application-spec.ts';
import { argoCDApiVersion, argoCDNames, type PlatformWithArgoCD } from './argocd-names.ts';
import type { Explanations } from './explanations.ts';

/**
 * One Application for each directory of an org, or of a shard, in Git. Directories rather than a list, so that a new or
 * a removed org changes only its own files.
 */
export function applicationSet(scope: Construct, platform: PlatformWithArgoCD): void {
  const { argocd } = platform;
  const names = argoCDNames(platform);
  const sharded = argocd.shards !== undefined;
  const revision = `refs/heads/${argocd.branch}`;
  new ApiObject(scope, 'application-set', {
    apiVersion: argoCDApiVersion,
    kind: 'ApplicationSet',
    metadata: {
      name: names.applicationSet,
      namespace: argocd.namespace,
      labels: partOf,
      finalizers: ['resources-finalizer.argocd.argoproj.io'],
    },
    spec: {
      goTemplate: true,
      goTemplateOptions: ['missingkey=error'],
      generators: [
        {
          git: {
            repoURL: argocd.repoURL,
            revision,
            requeueAfterSeconds: 180,
            directories: [{ path: `${argocd.path}/${sharded ? 'shards' : 'orgs'}/*` }],
          },
        },
      ],
      syncPolicy: { applicationsSync: 'create-update', preserveResourcesOnDeletion: true },
      preservedFields: { annotations: ['argocd.argoproj.io/deletion-approved'] },
      ignoreApplicationDifferences: [{ jsonPointers: ['/spec/syncPolicy/automated/enabled'] }],
      template: {
        metadata: {
          name: sharded ? names.shardApplication : names.orgApplication,
          labels: partOf,
          annotations: applicationAnnotations,
        },
        spec: applicationSpec(platform, {
          project: names.orgProject,
          path: '{{.path.path}}',
          directory: sharded ? { recurse: true } : undefined,
          namespace: destinationNamespace(platform),
        }),
      },
    },
  });
}

/** Default namespace. The project must permit it, although every object states its namespace. */
export function destinationNamespace({ tenancy, namespace, argocd }: PlatformWithArgoCD): string {
  return tenancy === 'namespacePerOrg' && argocd.shards === undefined ? '{{.path.basename}}' : namespace;
}

export const applicationSetExplained: Explanations = {
  metadata: {
    finalizers:
      'Deleting the ApplicationSet keeps its Applications: with create-update the controller first ' +
      'removes their owner reference, and this finalizer makes the deletion wait for that.',
  },
  spec: {
    goTemplateOptions: 'An unknown key in a template is an error, not an empty text.',
    generators: {
      0: {
        git: {
          revision: 'The full name of the branch, so that a tag of the same name is not used instead.',
          requeueAfterSeconds: 'How often Git is polled for new directories, without a webhook.',
        },
      },
    },
    syncPolicy: {
      applicationsSync:
        'An Application is not deleted with its directory, so that a renamed directory or a failing ' +
        'generator removes no catalog. Delete the Application of a retired org by hand.',
      preserveResourcesOnDeletion:
        'Deleting an Application keeps its objects: it has no finalizer that would delete the catalog.',
    },
    preservedFields:
      'The annotation that "Confirm Pruning" sets on an Application. The controller would remove it ' +
      'before the sync reads it.',
    ignoreApplicationDifferences:
      'Automated sync of one Application can be paused by hand (enabled: false), to investigate a problem.',
    template: {
      metadata: { annotations: applicationAnnotationsExplained },
      spec: {
        ...applicationSpecExplained,
        source: {
          ...(applicationSpecExplained.source as Explanations),
          directory: "The orgs' directories are below the shard's.",
        },
      },
    },
  },
};
