import { isIP } from 'node:net';
import { columnAddress } from '../mapping/raw-record.ts';
import type { DataStoreSettings, SecretReference } from '../platform/platform-settings.ts';
import { expand } from '../platform/setting-template.ts';
import { keyForMessage, valueForMessage } from '../text/credential-form.ts';
import type { AdlsDataStore, DataStore, GcsDataStore, S3DataStore, SecretKey } from './data-store-inputs.ts';
import { type Derivation, inDuckling, lookUp, secretKey, settingsOfKind } from './derivation.ts';
import { mapValues } from './map-values.ts';

/**
 * Derives the object storage of an org's table files.
 *
 * @returns undefined when a value is missing or invalid; the derivation's problems then say which.
 */
export function deriveDataStore(derivation: Derivation): DataStore | undefined {
  const { record, platform, overrides } = derivation;
  const { kind } = record.dataStore;
  const settings =
    overrides.dataStore ??
    settingsOfKind(derivation, 'data_store_kind', kind, 'dataStores', platform.dataStores);
  if (settings === undefined) return undefined;
  const setting = overrides.dataStore ? `orgs.${JSON.stringify(record.org)}.dataStore` : `dataStores.${kind}`;
  if (settings.type === 's3') return s3(derivation, settings, setting);
  if (settings.type === 'gcs') return gcs(derivation, settings, setting);
  return adls(derivation, settings, setting);
}

/** All Secret keys that the credential of a data store refers to. */
export function credentialSecrets({ credential }: DataStore): SecretKey[] {
  return Object.values<unknown>(credential).filter(
    (value): value is SecretKey => typeof value === 'object' && value !== null,
  );
}

type Settings<T extends DataStoreSettings['type']> = Extract<DataStoreSettings, { type: T }>;

function s3(derivation: Derivation, settings: Settings<'s3'>, setting: string): S3DataStore | undefined {
  const { record, duckling } = derivation;
  const { type, bucket: template, region: standard, ...others } = settings;
  const bucket = bucketName(derivation, bucketProblem, `${setting}.bucket`, template);
  const region = lookUp(derivation, regionProblem, [
    [columnAddress(record, 'data_store_region'), record.dataStore.region],
    [inDuckling(derivation, 'status.dataStore.s3Region'), duckling?.dataStore.region],
    [`${setting}.region`, standard],
  ]);
  const keyPrefix = folder(derivation, settings, setting, 896);
  const credential = referring(derivation, settings.credential, setting);
  if (bucket === undefined || region === undefined) return undefined;
  const tags = settings.stsSessionTags;
  const stsSessionTags = tags && mapValues(tags, (value) => expand(value, derivation.values));
  return {
    type,
    bucket,
    region,
    ...others,
    keyPrefix,
    credential,
    ...(stsSessionTags && { stsSessionTags }),
  };
}

function gcs(derivation: Derivation, settings: Settings<'gcs'>, setting: string): GcsDataStore | undefined {
  const { type, bucket: template, ...others } = settings;
  const bucket = bucketName(derivation, gcsBucketProblem, `${setting}.bucket`, template);
  const keyPrefix = folder(derivation, settings, setting, 896);
  const credential = referring(derivation, settings.credential, setting);
  return bucket === undefined ? undefined : { type, bucket, ...others, keyPrefix, credential };
}

function adls(
  derivation: Derivation,
  settings: Settings<'adls'>,
  setting: string,
): AdlsDataStore | undefined {
  const { type, accountName: account, filesystem: template, ...others } = settings;
  const accountName = lookUp(derivation, accountProblem, [
    [`${setting}.accountName`, expand(account, derivation.values)],
  ]);
  const filesystem = bucketName(derivation, filesystemProblem, `${setting}.filesystem`, template);
  const keyPrefix = folder(derivation, settings, setting, 512);
  const credential = referring(derivation, settings.credential, setting);
  if (accountName === undefined || filesystem === undefined) return undefined;
  return { type, accountName, filesystem, ...others, keyPrefix, credential };
}

type Referring<C> = { [K in keyof C]: C[K] extends SecretReference ? SecretKey : C[K] };

/** A credential of the settings, with its references expanded for this org. */
function referring<C extends object>(derivation: Derivation, credential: C, setting: string): Referring<C> {
  return mapValues(credential as Readonly<Record<string, unknown>>, (value, name) =>
    isReference(value) ? secretKey(derivation, value, `${setting}.credential.${name}`) : value,
  ) as Referring<C>;
}

function isReference(value: unknown): value is SecretReference {
  return typeof value === 'object' && value !== null;
}

/** The bucket or container. A row has one column for all kinds of stores. */
function bucketName(
  derivation: Derivation,
  problemWith: (name: string) => string | undefined,
  setting: string,
  template: string | undefined,
): string | undefined {
  const { record, duckling, values } = derivation;
  return lookUp(derivation, problemWith, [
    [columnAddress(record, 'data_store_bucket_name'), record.dataStore.bucket],
    [inDuckling(derivation, 'status.dataStore.bucketName'), duckling?.dataStore.bucket],
    [setting, template && expand(template, values)],
  ]);
}

/** @param limit of the server, in characters. */
function folder(
  { values, problems, record }: Derivation,
  { keyPrefix: template }: { readonly keyPrefix: string },
  setting: string,
  limit: number,
): string {
  // The server trims slashes too. Trimmed here, two spellings of one folder compare as equal (`claims.ts`).
  const prefix = expand(template, values).replaceAll(/^\/+|\/+$/g, '');
  const isFolder =
    prefix === '' ||
    (prefix.length <= limit &&
      prefix.split('/').every((part) => /^[A-Za-z0-9._=-]+$/.test(part) && !/^\.+$/.test(part)));
  if (!isFolder)
    problems.push({
      at: record.at,
      message:
        `${setting}.keyPrefix (${keyForMessage(template)}) gives ${valueForMessage(prefix)}, which is not a folder: ` +
        `at most ${limit} of A-Z a-z 0-9 . _ - = /, no empty or dotted part`,
    });
  return prefix;
}

function bucketProblem(name: string): string | undefined {
  return /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !name.includes('..')
    ? undefined
    : 'is not the name of a bucket: 3 to 63 lower-case letters, digits, dots and hyphens';
}

/** Rules of the server: crates/io/src/gcs/gcs_location.rs in Lakekeeper. */
function gcsBucketProblem(name: string): string | undefined {
  if (name.startsWith('goog') || isIP(name) !== 0)
    return 'is not the name of a bucket: one in Google Cloud is no IP address and does not begin with goog';
  return bucketProblem(name);
}

/** Rules of the server for container and account: crates/io/src/adls/adls_location.rs in Lakekeeper. */
function filesystemProblem(name: string): string | undefined {
  return /^[a-z0-9](-?[a-z0-9]){2,62}$/.test(name) && name.length <= 63
    ? undefined
    : 'is not the name of a container: 3 to 63 lower-case letters, digits and single hyphens';
}

function accountProblem(name: string): string | undefined {
  return /^[a-z0-9]{3,24}$/.test(name)
    ? undefined
    : 'is not the name of a storage account: 3 to 24 lower-case letters and digits';
}

function regionProblem(region: string): string | undefined {
  return /^[A-Za-z0-9-]{1,128}$/.test(region)
    ? undefined
    : 'is not the name of a region: letters, digits and hyphens';
}
