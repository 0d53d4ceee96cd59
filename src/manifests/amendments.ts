import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { Catalog } from '../catalog/catalog.ts';
import { cloudIdentityFor } from '../catalog/cloud-identity.ts';
import type { DataStore } from '../catalog/data-store-inputs.ts';
import { instanceAdmin } from '../catalog/instance-admin.ts';
import { amendmentsSuffix } from '../catalog/registration-inputs.ts';
import { isServedByApiServer } from '../platform/cluster-issuer.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { certificatePath } from '../platform/trusted-certificates.ts';
import { orgMetadata } from './metadata.ts';

/**
 * Amendments complete the pods of the upstream operator at admission. They set what the operator has no field for, or
 * writes under a name that the server does not read. There is one policy for all orgs and one ConfigMap per org; the
 * label of a pod names its catalog. A pod does not start while its ConfigMap is missing, so that no pod runs without
 * its authentication.
 */

/** The ConfigMap with an org's variables of the server. Its pods have it as `envFrom`. */
export function amendmentsConfig(scope: Construct, catalog: Catalog, platform: Platform): void {
  new k8s.KubeConfigMap(scope, 'amendments', {
    metadata: orgMetadata(catalog, amendmentsSuffix),
    data: amendedVariables(catalog, platform),
  });
}

/** Variables that the server reads: docs/facts/lakekeeper-crd.md §8.2, docs/facts/lakekeeper-auth.md §2. */
export function amendedVariables(catalog: Catalog, platform: Platform): Record<string, string> {
  const { authentication, dataStore, metadataStore } = catalog;
  const variables: Record<string, string> = { ...platform.catalog.environment };
  if (authentication.mode === 'kubernetes' && authentication.rollout === 'enforce') {
    variables.LAKEKEEPER__ENABLE_KUBERNETES_AUTHENTICATION = 'true';
    variables.LAKEKEEPER__KUBERNETES_AUTHENTICATION_AUDIENCE = authentication.audience;
  }
  const admin = instanceAdmin(catalog, platform);
  if (admin !== undefined && 'userId' in admin) {
    variables.LAKEKEEPER__INSTANCE_ADMINS = JSON.stringify([admin.userId]);
    if (authentication.mode === 'kubernetes')
      variables.LAKEKEEPER__KUBERNETES_AUTHENTICATION_SUBJECT_SOURCE = 'username';
  }
  if (platform.trustedCertificates) {
    variables.SSL_CERT_FILE = certificatePath;
    variables.SSL_CERT_DIR = systemCertificates;
    // For Postgres the server does not use the system's authorities (docs/facts/lakekeeper-versions.md §4).
    if (verifiesServer(metadataStore) && metadataStore.sslRootCertSecret === undefined)
      variables.LAKEKEEPER__PG_SSL_ROOT_CERT = certificatePath;
  } else if (
    authentication.mode === 'openID' &&
    isServedByApiServer(authentication) &&
    !variables.SSL_CERT_FILE
  ) {
    // The API server's certificate is signed by the cluster's own CA, which every pod has in its token volume.
    // The file alone would replace the certificates of the image, which object stores need
    // (docs/facts/lakekeeper-management-api.md §9).
    variables.SSL_CERT_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt';
    variables.SSL_CERT_DIR ??= systemCertificates;
  }
  return { ...variables, ...identityVariables(dataStore) };
}

const systemCertificates = '/etc/ssl/certs';

function verifiesServer({ sslMode }: Catalog['metadataStore']): boolean {
  return sslMode === 'verify-ca' || sslMode === 'verify-full';
}

function identityVariables(dataStore: DataStore): Record<string, string> {
  const identity = cloudIdentityFor(dataStore);
  if (identity === undefined) return {};
  if (identity.cloud !== 'aws')
    return { [`LAKEKEEPER__ENABLE_${identity.cloud.toUpperCase()}_SYSTEM_CREDENTIALS`]: 'true' };
  return {
    LAKEKEEPER__ENABLE_AWS_SYSTEM_CREDENTIALS: 'true',
    LAKEKEEPER__S3_ENABLE_DIRECT_SYSTEM_CREDENTIALS: 'true',
    LAKEKEEPER__S3_REQUIRE_EXTERNAL_ID_FOR_SYSTEM_CREDENTIALS: String(identity.hasExternalId),
  };
}

export function scrapeAnnotations({ catalog }: Platform): Record<string, string> {
  return {
    'prometheus.io/scrape': 'true',
    'prometheus.io/port': String(catalog.server.metricsPort),
    'prometheus.io/path': '/metrics',
  };
}
