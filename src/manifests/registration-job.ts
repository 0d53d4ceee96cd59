import { posix } from 'node:path';
import type { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { Catalog } from '../catalog/catalog.ts';
import { registrationSuffix } from '../catalog/names.ts';
import {
  amendmentsSuffix,
  encode,
  inputsSuffix,
  registrationFiles,
  registrationInputs,
} from '../catalog/registration-inputs.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { addHookJobs, type HookJob, hookJob, hookKey } from './hook-job.ts';
import { orgMetadata } from './metadata.ts';
import { registrationPodLabels } from './network-policies.ts';
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
  const earlier = beforeJobs(catalog, platform);
  const first = (suffix: `-${string}`, until: string) =>
    registrationJob(catalog, platform, suffix, { [hookKey]: 'Sync', ...firstJobWave }, ['--until', until]);
  const jobs = [
    ...(catalog.authentication.mode === 'none' ? [] : [first('-authentication', 'authentication')]),
    ...(hookMode(platform) === 'split' ? [first('-prepare', 'credentials')] : []),
    registrationJob(catalog, platform, '-register', { [hookKey]: 'PostSync' }, []),
  ];
  registrationAccess(scope, catalog, platform, earlier);
  const inputs = encode(registrationInputs(catalog, platform));
  addHookJobs(scope, orgMetadata(catalog, inputsSuffix, earlier), inputs, jobs, digest);
}

function registrationJob(
  catalog: Catalog,
  platform: Platform,
  suffix: `-${string}`,
  annotations: Record<string, string>,
  args: string[],
): k8s.KubeJobProps {
  const token = tokenVolume(catalog);
  return hookJob(catalog, platform, {
    suffix,
    annotations,
    command: 'register',
    args,
    inputsSuffix,
    accountSuffix: registrationSuffix,
    ownLabels: registrationPodLabels(catalog),
    mounted: [
      ...(token ? [{ volume: token, mountPath: posix.dirname(registrationFiles.token) }] : []),
      ...mountedSources(catalog, platform),
    ],
  });
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
      path: posix.basename(file),
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
): HookJob['mounted'] {
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
          items: [{ key: sslRootCertSecret.key, path: posix.basename(registrationFiles.metadataStoreCA) }],
          optional: true,
        },
      },
      mountPath: posix.dirname(registrationFiles.metadataStoreCA),
    });
  return sources;
}
