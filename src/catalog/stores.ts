import { isIP } from 'node:net';
import type { SecretReference } from '../platform/settings.ts';
import { expand } from '../platform/template.ts';
import type { DataStore, MetadataStore } from './catalog.ts';
import {
  credentialReference,
  type Derivation,
  isMisreadByServer,
  lookUp,
  objectName,
  secretKey,
} from './derivation.ts';

/**
 * The Postgres behind an org's catalog.
 *
 * @returns undefined when something about it is missing or wrong, which is then among the derivation's problems.
 */
export function deriveMetadataStore(derivation: Derivation): MetadataStore | undefined {
  const { record, platform, overrides, duckling, adopted } = derivation;
  const { kind } = record.metadataStore;
  const settings =
    overrides.metadataStore ??
    settingsOfKind(derivation, 'metadata_store_kind', kind, 'metadataStores', platform.metadataStores);
  if (settings === undefined) return undefined;
  const setting = overrides.metadataStore
    ? `orgs.${JSON.stringify(record.org)}.metadataStore`
    : `metadataStores.${kind}`;
  const host = lookUp(derivation, hostProblem, [
    [`${record.at}.metadata_store_endpoint`, record.metadataStore.host],
    [inDuckling(derivation, 'status.metadataStore.endpoint'), duckling?.metadataStore.host],
    [`${setting}.host`, settings.host],
  ]);
  const common = {
    port: record.metadataStore.port ?? settings.port,
    sslMode: settings.sslMode,
    sslRootCertSecret: settings.sslRootCertSecret && {
      name: objectName(derivation, settings.sslRootCertSecret.name, `${setting}.sslRootCertSecret.name`),
      key: settings.sslRootCertSecret.key,
    },
  };
  if (settings.provisioning === 'admin') {
    const admin = {
      user: record.metadataStore.user ?? duckling?.metadataStore.user ?? settings.admin.user,
      database: record.metadataStore.database ?? duckling?.metadataStore.database ?? settings.admin.database,
      password: credentialReference(derivation, settings.admin.password, `${setting}.admin.password`),
    };
    if (host === undefined) return undefined;
    return {
      provisioning: 'admin',
      host,
      ...common,
      database: adopted.database,
      postgresRole: adopted.database,
      admin,
    };
  }
  const inPostgres = { ...derivation.values, org: derivation.values.org.replaceAll('-', '_') };
  const database = lookUp(derivation, databaseProblem, [
    [`orgs.${JSON.stringify(record.org)}.database`, overrides.database],
    [`${record.at}.metadata_store_database_name`, record.metadataStore.database],
    [inDuckling(derivation, 'status.metadataStore.database'), duckling?.metadataStore.database],
    [`${setting}.database`, settings.database && expand(settings.database, inPostgres)],
  ]);
  const user = lookUp(derivation, databaseProblem, [
    [`${record.at}.metadata_store_username`, record.metadataStore.user],
    [inDuckling(derivation, 'status.metadataStore.user'), duckling?.metadataStore.user],
    [`${setting}.user`, settings.user && expand(settings.user, inPostgres)],
  ]);
  const password = credentialReference(derivation, settings.password, `${setting}.password`);
  if (host === undefined || database === undefined || user === undefined) return undefined;
  return { provisioning: 'preProvisioned', host, ...common, database, user, password };
}

/**
 * The object storage of an org's table files.
 *
 * @returns undefined when something about it is missing or wrong, which is then among the derivation's problems.
 */
export function deriveDataStore(derivation: Derivation): DataStore | undefined {
  const { record, platform, overrides, duckling, values } = derivation;
  const { kind } = record.dataStore;
  const settings =
    overrides.dataStore ??
    settingsOfKind(derivation, 'data_store_kind', kind, 'dataStores', platform.dataStores);
  if (settings === undefined) return undefined;
  const setting = overrides.dataStore ? `orgs.${JSON.stringify(record.org)}.dataStore` : `dataStores.${kind}`;
  const bucket = lookUp(derivation, bucketProblem, [
    [`${record.at}.data_store_bucket_name`, record.dataStore.bucket],
    [inDuckling(derivation, 'status.dataStore.bucketName'), duckling?.dataStore.bucket],
    [`${setting}.bucket`, settings.bucket && expand(settings.bucket, values)],
  ]);
  const region = lookUp(derivation, regionProblem, [
    [`${record.at}.data_store_region`, record.dataStore.region],
    [inDuckling(derivation, 'status.dataStore.s3Region'), duckling?.dataStore.region],
    [`${setting}.region`, settings.region],
  ]);
  const key = (reference: SecretReference, name: string) =>
    secretKey(derivation, reference, `${setting}.credential.${name}`);
  const { credential } = settings;
  // The server trims the slashes too; trimmed here, two spellings of one place are one place (`claims.ts`).
  const keyPrefix = expand(settings.keyPrefix, values).replaceAll(/^\/+|\/+$/g, '');
  if (!isKeyPrefix(keyPrefix))
    derivation.problems.push({
      at: record.at,
      message: `${setting}.keyPrefix (${settings.keyPrefix}) gives ${JSON.stringify(keyPrefix)}, which is not a folder: at most 896 of A-Z a-z 0-9 . _ - = /, no empty or dotted part`,
    });
  if (bucket === undefined || region === undefined) return undefined;
  return {
    flavor: settings.flavor,
    bucket,
    region,
    keyPrefix,
    endpoint: settings.endpoint,
    pathStyleAccess: settings.pathStyleAccess,
    stsEnabled: settings.stsEnabled,
    stsRoleArn: settings.stsRoleArn,
    assumeRoleArn: settings.assumeRoleArn,
    remoteSigningEnabled: settings.remoteSigningEnabled,
    credential:
      credential.type === 'systemIdentity'
        ? { type: 'systemIdentity', externalId: credential.externalId }
        : {
            type: 'accessKey',
            accessKeyId: key(credential.accessKeyId, 'accessKeyId'),
            secretAccessKey: key(credential.secretAccessKey, 'secretAccessKey'),
          },
  };
}

function settingsOfKind<T>(
  { record, problems }: Derivation,
  column: string,
  kind: string | undefined,
  setting: string,
  kinds: Readonly<Record<string, T>>,
): T | undefined {
  if (kind !== undefined && Object.hasOwn(kinds, kind)) return kinds[kind];
  const seen = kind === undefined ? 'is missing' : `is ${JSON.stringify(kind)}`;
  const known = Object.keys(kinds).sort().join(', ') || 'none';
  problems.push({
    at: `${record.at}.${column}`,
    message: `${seen}; ${setting} of the platform settings has: ${known}`,
  });
  return undefined;
}

function inDuckling({ duckling, values }: Derivation, field: string): string {
  return duckling === undefined
    ? `${field} of the Duckling ${values.duckling} (which was not given)`
    : `${duckling.at}: ${field}`;
}

function hostProblem(host: string): string | undefined {
  if (/^[^:/@]+:[0-9]+$/.test(host)) return 'has a port in it; the port goes into metadata_store_port';
  const isName = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(host) && !host.includes('..');
  return isName || isIP(host) !== 0 ? undefined : 'is not a host name or an IP address';
}

function databaseProblem(name: string): string | undefined {
  if (/\p{Cc}/u.test(name) || Buffer.byteLength(name) > 63)
    return 'is not a name in Postgres: at most 63 bytes, no control characters';
  if (isMisreadByServer(name))
    return 'would be read as something else than text by the server; expected a name that begins with a letter';
  return undefined;
}

function bucketProblem(bucket: string): string | undefined {
  return /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket) && !bucket.includes('..')
    ? undefined
    : 'is not the name of a bucket: 3 to 63 lower-case letters, digits, dots and hyphens';
}

function isKeyPrefix(prefix: string): boolean {
  const parts = prefix.split('/');
  return (
    prefix === '' ||
    (prefix.length <= 896 && parts.every((part) => /^[A-Za-z0-9._=-]+$/.test(part) && !/^\.+$/.test(part)))
  );
}

function regionProblem(region: string): string | undefined {
  return /^[A-Za-z0-9-]{1,128}$/.test(region)
    ? undefined
    : 'is not the name of a region: letters, digits and hyphens';
}
