import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { platformMetadata } from '../metadata.ts';
import {
  applicationAnnotations,
  applicationAnnotationsExplained,
  applicationSpec,
  applicationSpecExplained,
} from './application-spec.ts';
import { argoCDApiVersion, argoCDFilesGlob, argoCDNames, type PlatformWithArgoCD } from './argocd-names.ts';
import type { Explanations } from './explanations.ts';

/** The Application of the objects that the orgs share. */
export function platformApplication(scope: Construct, platform: PlatformWithArgoCD): void {
  const { argocd, namespace } = platform;
  const names = argoCDNames(platform);
  new ApiObject(scope, 'platform-application', {
    apiVersion: argoCDApiVersion,
    kind: 'Application',
    metadata: {
      ...platformMetadata(names.platformApplication, argocd.namespace),
      annotations: applicationAnnotations,
    },
    spec: applicationSpec(platform, {
      project: names.platformProject,
      path: `${argocd.path}/platform`,
      directory: { exclude: argoCDFilesGlob },
      namespace,
    }),
  });
}

export const platformApplicationExplained: Explanations = {
  metadata: { annotations: applicationAnnotationsExplained },
  spec: {
    ...applicationSpecExplained,
    source: {
      ...(applicationSpecExplained.source as Explanations),
      directory:
        'Without this file, which an administrator applies: an Application that may write ' +
        'AppProjects can give itself any right.',
    },
  },
};
