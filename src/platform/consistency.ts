import { credentialForm } from '../text/credential-form.ts';
import { compareVersions, imageVersion } from '../text/image-version.ts';
import type { Problem } from '../text/problem.ts';
import { audienceGuardProblems } from './audience-guard.ts';
import { isServedByApiServer } from './cluster-issuer.ts';
import { derivedVariables, operatorVariables } from './ignored-settings.ts';
import { versionProblems } from './kubernetes-version.ts';
import { namespacesOfOthers } from './namespaces.ts';
import { networkProblems } from './network-problems.ts';
import { completesPods } from './operator-pods.ts';
import type { AuthenticationSettings, DataStoreSettings, Platform } from './platform-settings.ts';
import { podProblems } from './pod-problems.ts';
import { recordProblems } from './record-problems.ts';
import { repairProblems } from './repair-pods.ts';
import { retirementProblems } from './retirement-problems.ts';
import { rolloutProblems } from './rollout-problems.ts';
import { isPerOrg } from './setting-template.ts';
import { authenticationSettings, dataStoreSettings } from './settings-with-paths.ts';
import { certificateProblems } from './trusted-certificates.ts';

/**
 * Checks settings against each other. Above all, nothing may be rendered that the installed operator would ignore
 * (docs/facts/lakekeeper-crd.md §8.3 and docs/facts/lakekeeper-auth.md §6).
 *
 * @returns every problem, with the path of its setting.
 */
export function inconsistencies(platform: Platform): Problem[] {
  return [
    ...credentials(platform),
    ...namespaceProblems(platform),
    ...registrationProblems(platform),
    ...recordProblems(platform),
    ...operatorProblems(platform),
    ...environmentProblems(platform),
    ...workerProblems(platform),
    ...networkProblems(platform),
    ...podProblems(platform),
    ...versionProblems(platform),
    ...repairProblems(platform),
    ...rolloutProblems(platform),
    ...retirementProblems(platform),
    ...certificateProblems(platform),
    ...audienceGuardProblems(platform),
    ...authenticationSettings(platform).flatMap(([at, settings]) =>
      authenticationProblems(at, settings, platform),
    ),
    ...dataStoreSettings(platform).flatMap(([at, settings]) => dataStoreProblems(at, settings, platform)),
  ];
}

function credentials(platform: Platform): Problem[] {
  return Object.entries(platform).flatMap(([section, settings]) => {
    const form = credentialForm(settings);
    return form === undefined
      ? []
      : [{ at: section, message: `holds ${form}; put it into a Secret and refer to that` }];
  });
}

function namespaceProblems(platform: Platform): Problem[] {
  if (platform.tenancy !== 'sharedNamespace' || !namespacesOfOthers(platform).includes(platform.namespace))
    return [];
  return [
    {
      at: 'namespace',
      message:
        `is ${platform.namespace}, where other pods run: the default-deny policy would isolate them. ` +
        'Give the catalogs a namespace of their own',
    },
  ];
}

function registrationProblems({ registration }: Platform): Problem[] {
  const { hookMode, arrangement } = registration;
  if (hookMode === undefined || arrangement === undefined) return [];
  return [
    {
      at: 'registration.arrangement',
      message: 'is the former name of hookMode, which is set too; leave it out',
    },
  ];
}

function operatorProblems(platform: Platform): Problem[] {
  const problems: Problem[] = [];
  const { operator, identity, catalog, rollout } = platform;
  if (operator.flavor === 'fork' && operator.amendments)
    problems.push({
      at: 'operator.amendments',
      message: 'is for the upstream operator; the fork has fields of its own. Leave one of the two out',
    });
  const wantsIdentity = identity.provider !== 'none' || Object.keys(identity.annotations).length > 0;
  if (wantsIdentity && platform.tenancy === 'sharedNamespace' && !completesPods(platform))
    problems.push({
      at: 'identity',
      message:
        'would not reach the catalogs: the upstream operator runs every pod of a namespace as its ' +
        '"default" ServiceAccount. Set operator.amendments: true, or tenancy: namespacePerOrg, or ' +
        'use the fork',
    });
  const ofOrgs = Object.values(platform.orgs).flatMap((org) => org.image ?? []);
  for (const image of [catalog.image, ...(rollout ? [rollout.image] : []), ...ofOrgs]) {
    const version = imageVersion(image);
    if (version === undefined || compareVersions(version, { major: 0, minor: 12 }) >= 0) continue;
    if (catalog.server.metricsPort !== 9000)
      problems.push({
        at: 'catalog.server.metricsPort',
        message: `is not read by ${image}; leave it at 9000 or move to v0.12 or newer`,
      });
    if (catalog.maxRequestTime !== undefined)
      problems.push({
        at: 'catalog.maxRequestTime',
        message: `is not read by ${image}; leave it out or move to v0.12 or newer`,
      });
  }
  return problems;
}

function environmentProblems({ catalog, operator, trustedCertificates }: Platform): Problem[] {
  const names = Object.keys(catalog.environment);
  const at = (name: string) => `catalog.environment.${name}`;
  return names.flatMap((name): Problem[] => {
    if (!operator.amendments)
      return [
        {
          at: at(name),
          message:
            'would not reach the pods: the operator has no field for it. Set operator.amendments: true',
        },
      ];
    if (trustedCertificates && /^SSL_CERT_(FILE|DIR)$/.test(name))
      return [{ at: at(name), message: 'follows from trustedCertificates; leave one of the two out' }];
    if (operatorVariables.includes(name))
      return [
        {
          at: at(name),
          message: 'is set by the operator from the custom resource, and would lose against it',
        },
      ];
    if (derivedVariables.includes(name))
      return [{ at: at(name), message: 'follows from authentication and dataStores; set those' }];
    if (/PASSWORD|SECRET|ENCRYPTION|_KEY$|TOKEN$/.test(name))
      return [{ at: at(name), message: 'has the name of a credential; credentials are never in Git' }];
    return [];
  });
}

function workerProblems({ workers }: Platform): Problem[] {
  if ([workers.namespace, ...Object.values(workers.podSelector)].some(isPerOrg)) return [];
  const message =
    "is the same for every org, so that each org's workers would reach every catalog; put {org} into " +
    "a label's value or the namespace";
  return [{ at: 'workers.podSelector', message }];
}

function authenticationProblems(
  at: string,
  authentication: AuthenticationSettings,
  platform: Platform,
): Problem[] {
  if (authentication.mode === 'kubernetes' && !completesPods(platform))
    return [
      {
        at,
        message:
          'mode kubernetes would leave the catalogs open: the upstream operator writes variables ' +
          'that the server does not read. Set operator.amendments: true, or use mode openID with ' +
          'issuer: cluster, or the fork',
      },
    ];
  if (isServedByApiServer(authentication) && !platform.operator.amendments)
    return [
      {
        at: `${at}.providerURI`,
        message:
          "is served with the cluster's own CA, which the catalog would not trust. Set " +
          'operator.amendments: true, or use an issuer with a public certificate',
      },
    ];
  if (
    authentication.mode === 'openID' &&
    !isServedByApiServer(authentication) &&
    platform.network.openID === undefined
  )
    return [
      { at: 'network.openID', message: `is missing; ${at} needs to reach ${authentication.providerURI}` },
    ];
  return [];
}

const otherCredentials = {
  s3: 'type accessKey',
  gcs: 'type serviceAccountKey',
  adls: 'type clientCredentials or sharedAccessKey',
} as const;

function dataStoreProblems(at: string, store: DataStoreSettings, platform: Platform): Problem[] {
  if (store.credential.type !== 'systemIdentity' || completesPods(platform)) return [];
  return [
    {
      at: `${at}.credential`,
      message:
        'type systemIdentity would not work: the upstream operator writes variables that the server ' +
        'does not read, and the warehouse is refused with 400. Set operator.amendments: true, or use ' +
        `${otherCredentials[store.type]}, or the fork`,
    },
  ];
}
