import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { Catalog } from '../catalog/catalog.ts';
import { registrationSuffix } from '../catalog/names.ts';
import {
  amendmentsSuffix,
  encode,
  inputsKey,
  inputsSuffix,
  registrationFiles,
  registrationInputs,
} from '../catalog/registration-inputs.ts';
import { durationSeconds } from '../platform/duration.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { divideDeadline } from './job-tries.ts';
import { orgLabels, orgMetadata } from './metadata.ts';
import { registrationPodLabels } from './network-policies.ts';
import { failureRules, programPod } from './program-pod.ts';
import { registrationAccess } from './registration-access.ts';
import { beforeJobs, firstJobWave, hookMode } from './sync-order.ts';

/**
 * The objects that register an org: inputs, identity and hook Jobs. With hook mode `postSync`, one Job does everything
 * after the sync. With `split`, a Job in an earlier wave creates database, role and Secret before the custom resource
 * is applied. No health check can then make the Job and the custom resource wait for each other
 * (docs/facts/argo-cd.md). With authentication, another Job of that wave lets the server refuse requests without a
 * token only when the org's row and workers are ready.
 *
 * @param digest hash function for the fingerprint of what the Jobs depend on.
 */
export function registration(
  scope: Construct,
  catalog: Catalog,
  platform: Platform,
  digest: (text: string) => string,
): void {
  const split = hookMode(platform) === 'split';
  const earlier = beforeJobs(catalog, platform);
  const inputs = encode(registrationInputs(catalog, platform));
  const first = (suffix: `-${string}`, until: string) =>
    registrationJob(catalog, platform, suffix, { [hook]: 'Sync', ...firstJobWave }, ['--until', until]);
  const jobs = [
    ...(catalog.authentication.mode === 'none' ? [] : [first('-authentication', 'authentication')]),
    ...(split ? [first('-prepare', 'credentials')] : []),
    registrationJob(catalog, platform, '-register', { [hook]: 'PostSync' }, []),
  ];

  registrationAccess(scope, catalog, platform, earlier);
  new k8s.KubeConfigMap(scope, 'registration-inputs', {
    metadata: orgMetadata(catalog, inputsSuffix, earlier),
    // Hooks are not part of Argo CD's diff. Argo CD runs them again only when a tracked object changes.
    data: { [inputsKey]: inputs, fingerprint: digest([inputs, ...jobs.map(asText)].join('\n')) },
  });
  for (const job of jobs) new k8s.KubeJob(scope, `job-${job.metadata?.name}`, job);
}

const container = 'register';
const hook = 'argocd.argoproj.io/hook';

function registrationJob(
  catalog: Catalog,
  platform: Platform,
  suffix: `-${string}`,
  annotations: Record<string, string>,
  args: string[],
): k8s.KubeJobProps {
  const { resources, deadline } = platform.registration;
  const seconds = durationSeconds(deadline);
  const { tries, secondsEach } = divideDeadline(seconds);
  const token = tokenVolume(catalog);
  const mounted = mountedSources(catalog, platform);
  const pods = catalog.jobPods ?? platform.registration.pods;
  return {
    metadata: orgMetadata(catalog, suffix, {
      ...annotations,
      'argocd.argoproj.io/hook-delete-policy': 'BeforeHookCreation',
    }),
    spec: {
      activeDeadlineSeconds: seconds,
      backoffLimit: tries - 1,
      // With exit codes 2 and 4 a retry cannot help.
      podFailurePolicy: failureRules(container, { codes: [2, 4], action: 'FailJob' }),
      template: programPod(platform, {
        container,
        // The program ends before Kubernetes ends it, so that it can report the reason.
        args: ['register', '--inputs', registrationFiles.inputs, '--deadline', `${secondsEach}s`, ...args],
        resources,
        pods,
        serviceAccountName: `${catalog.names.kubernetes}${registrationSuffix}`,
        ownLabels: registrationPodLabels(catalog),
        labels: orgLabels(catalog),
        volumes: [
          { name: 'inputs', configMap: { name: `${catalog.names.kubernetes}${inputsSuffix}` } },
          ...(token ? [token] : []),
          ...mounted.map(({ volume }) => volume),
        ],
        mounts: [
          { name: 'inputs', mountPath: directory(registrationFiles.inputs), readOnly: true },
          ...(token
            ? [{ name: 'token', mountPath: directory(registrationFiles.token), readOnly: true }]
            : []),
          ...mounted.map(({ volume, mountPath }) => ({ name: volume.name, mountPath, readOnly: true })),
        ],
      }),
    },
  };
}

/** The Job's token for the catalog, if the catalog accepts ServiceAccount tokens. */
function tokenVolume({ authentication }: Catalog): k8s.Volume | undefined {
  if (
    authentication.mode === 'none' ||
    (authentication.mode === 'openID' && authentication.issuer === 'external')
  )
    return undefined;
  const { audience } = authentication;
  const source = (of: string, file: string) => ({
    serviceAccountToken: {
      audience: of,
      expirationSeconds: 3600,
      path: file.slice(file.lastIndexOf('/') + 1),
    },
  });
  const { token, otherToken } = registrationFiles;
  // No catalog may accept the second one: the proof tries it.
  return {
    name: 'token',
    projected: { sources: [source(audience, token), source('refused.lakekeeper-gitops', otherToken)] },
  };
}

/**
 * Objects of the Job's own namespace that do not change while it runs. If they are missing, the Job starts too, and
 * reads them from the API server.
 */
function mountedSources(
  { names, metadataStore: { sslRootCertSecret } }: Catalog,
  platform: Platform,
): { readonly volume: k8s.Volume; readonly mountPath: string }[] {
  const sources = [];
  if (platform.operator.amendments)
    sources.push({
      volume: {
        name: 'amendments',
        configMap: { name: `${names.kubernetes}${amendmentsSuffix}`, optional: true },
      },
      mountPath: registrationFiles.amendments,
    });
  if (sslRootCertSecret !== undefined)
    sources.push({
      volume: {
        name: 'metadata-store-ca',
        secret: {
          secretName: sslRootCertSecret.name,
          items: [{ key: sslRootCertSecret.key, path: fileName(registrationFiles.metadataStoreCA) }],
          optional: true,
        },
      },
      mountPath: directory(registrationFiles.metadataStoreCA),
    });
  return sources;
}

function asText(job: k8s.KubeJobProps): string {
  return JSON.stringify(k8s.KubeJob.manifest(job));
}

function directory(file: string): string {
  return file.slice(0, file.lastIndexOf('/'));
}

function fileName(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1);
}
