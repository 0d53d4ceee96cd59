import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { Catalog } from '../catalog/catalog.ts';
import { encode, registrationFiles, registrationInputs } from '../catalog/registration-inputs.ts';
import type { Platform, Resources } from '../platform/platform-settings.ts';
import { orgLabels, orgMetadata } from './metadata.ts';
import { registrationPodLabels } from './network-policies.ts';
import { registrationAccess, registrationSuffix } from './registration-access.ts';
import { beforeJobs, firstJobWave, hookMode } from './sync-order.ts';

/**
 * What registers the org: inputs, identity and the hook Job. With hook mode `postSync` one Job does everything
 * after the sync; in `split` a Job of an earlier wave makes database, role and Secret before the custom
 * resource comes, so that no health check can keep the two waiting for each other (docs/facts/argo-cd.md).
 *
 * @param digest makes the fingerprint of what the Jobs depend on.
 */
export function registration(
  scope: Construct,
  catalog: Catalog,
  platform: Platform,
  digest: (text: string) => string,
): void {
  const split = hookMode(platform) === 'split';
  const earlier = beforeJobs(platform);
  const inputs = encode(registrationInputs(catalog, platform));
  const jobs = [
    ...(split
      ? [
          registrationJob(catalog, platform, '-prepare', { [hook]: 'Sync', ...firstJobWave }, [
            '--until',
            'credentials',
          ]),
        ]
      : []),
    registrationJob(catalog, platform, '-register', { [hook]: 'PostSync' }, []),
  ];

  registrationAccess(scope, catalog, platform, earlier);
  new k8s.KubeConfigMap(scope, 'registration-inputs', {
    metadata: orgMetadata(catalog, inputsSuffix, earlier),
    // Hooks are not part of Argo CD's diff: only a tracked object that changes makes it run them again.
    data: { 'inputs.json': inputs, fingerprint: digest([inputs, ...jobs.map(asText)].join('\n')) },
  });
  for (const job of jobs) new k8s.KubeJob(scope, `job-${job.metadata?.name}`, job);
}

const hook = 'argocd.argoproj.io/hook';
const inputsSuffix = '-registration';

function registrationJob(
  catalog: Catalog,
  platform: Platform,
  suffix: `-${string}`,
  annotations: Record<string, string>,
  args: string[],
): k8s.KubeJobProps {
  const { image, resources, deadline } = platform.registration;
  const seconds = Number.parseInt(deadline, 10) * (deadline.endsWith('m') ? 60 : 1);
  const { tries, secondsEach } = shareOut(seconds);
  const token = tokenVolume(catalog);
  return {
    metadata: orgMetadata(catalog, suffix, {
      ...annotations,
      'argocd.argoproj.io/hook-delete-policy': 'BeforeHookCreation',
    }),
    spec: {
      activeDeadlineSeconds: seconds,
      backoffLimit: tries - 1,
      podFailurePolicy: {
        rules: [
          // Exit codes 2 and 4 say that trying again cannot help. The types ask for onPodConditions, which
          // Kubernetes refuses beside onExitCodes.
          {
            action: 'FailJob',
            onExitCodes: { containerName: 'register', operator: 'In', values: [2, 4] },
          } as k8s.PodFailurePolicyRule,
          // A node that is drained, or a pod that has to make room, is no failure of the registration: it uses
          // up no try.
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
        ],
      },
      template: {
        metadata: { labels: { ...orgLabels(catalog), ...registrationPodLabels(catalog) } },
        spec: {
          serviceAccountName: `${catalog.names.kubernetes}${registrationSuffix}`,
          restartPolicy: 'Never',
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 65532,
            runAsGroup: 65532,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [
            {
              name: 'register',
              image,
              command: ['lakekeeper-gitops'],
              // Ends by itself before Kubernetes ends it, so that it can still say why.
              args: [
                'register',
                '--inputs',
                registrationFiles.inputs,
                '--deadline',
                `${secondsEach}s`,
                ...args,
              ],
              resources: quantities(resources),
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ['ALL'] },
              },
              volumeMounts: [
                { name: 'inputs', mountPath: directory(registrationFiles.inputs), readOnly: true },
                ...(token
                  ? [{ name: 'token', mountPath: directory(registrationFiles.token), readOnly: true }]
                  : []),
              ],
            },
          ],
          volumes: [
            { name: 'inputs', configMap: { name: `${catalog.names.kubernetes}${inputsSuffix}` } },
            ...(token ? [token] : []),
          ],
        },
      },
    },
  };
}

const mostTries = 4;
/** A try that is shorter cannot wait for a catalog that starts. */
const shortestTrySeconds = 60;
/** For a pod to be scheduled and started, and for its last words. */
const aroundTrySeconds = 10;
/**
 * Between the end of the last try and the Job's deadline, at which Kubernetes deletes pods, and their logs with
 * them.
 */
const spareSeconds = 20;

/**
 * Shares the Job's deadline among its pods, so that each of them ends by itself and says why, also the last
 * one. A try that ended at its deadline has lost nothing: the next one goes on from there.
 */
function shareOut(seconds: number): { readonly tries: number; readonly secondsEach: number } {
  // Kubernetes waits 10 s before the second pod, and twice as long before each further one.
  const each = (tries: number) =>
    (seconds - spareSeconds - 10 * (2 ** (tries - 1) - 1)) / tries - aroundTrySeconds;
  let tries = mostTries;
  while (tries > 1 && each(tries) < shortestTrySeconds) tries -= 1;
  // A deadline that is too short for one try is shared with what comes after it.
  return {
    tries,
    secondsEach: Math.floor(tries === 1 ? Math.max(each(1), Math.ceil(seconds / 2)) : each(tries)),
  };
}

/** The Job's own token for the catalog, where ServiceAccount tokens are what the catalog checks. */
function tokenVolume({ authentication }: Catalog): k8s.Volume | undefined {
  if (
    authentication.mode === 'none' ||
    (authentication.mode === 'openID' && authentication.issuer === 'external')
  )
    return undefined;
  const { audience } = authentication;
  return {
    name: 'token',
    projected: { sources: [{ serviceAccountToken: { audience, expirationSeconds: 3600, path: 'token' } }] },
  };
}

function asText(job: k8s.KubeJobProps): string {
  return JSON.stringify(k8s.KubeJob.manifest(job));
}

function quantities({ requests, limits }: Resources): k8s.ResourceRequirements {
  const typed = (values: Record<string, string | number>) =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, k8s.Quantity.fromString(String(value))]),
    );
  return { ...(requests ? { requests: typed(requests) } : {}), ...(limits ? { limits: typed(limits) } : {}) };
}

function directory(file: string): string {
  return file.slice(0, file.lastIndexOf('/'));
}
