import * as z from 'zod';

/**
 * Object storage of the table files, and how the catalog reaches it: as derived, and as the registration inputs have it
 * (`registration-inputs.ts`). Options have Lakekeeper's spelling. Credentials are references.
 */

export const secretKey = z.strictObject({ namespace: z.string(), name: z.string(), key: z.string() });

/** The cloud identity of the catalog's own pods. */
const systemIdentity = z.literal('systemIdentity');

/** Options of a warehouse with any kind of store. */
const warehouseOptions = {
  storageLayout: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('default') }),
      z.strictObject({ type: z.literal('tabular-only'), tabular: z.string() }),
      z.strictObject({ type: z.literal('full-hierarchy'), namespace: z.string(), tabular: z.string() }),
    ])
    .optional(),
  deleteProfile: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('hard') }),
      z.strictObject({ type: z.literal('soft'), expirationSeconds: z.int() }),
    ])
    .optional(),
};

const s3 = z.strictObject({
  type: z.literal('s3'),
  flavor: z.enum(['aws', 's3-compat']),
  bucket: z.string(),
  region: z.string(),
  keyPrefix: z.string(),
  endpoint: z.string().optional(),
  pathStyleAccess: z.boolean().optional(),
  stsEnabled: z.boolean(),
  stsRoleArn: z.string().optional(),
  assumeRoleArn: z.string().optional(),
  stsEndpoint: z.string().optional(),
  stsTokenValiditySeconds: z.int().optional(),
  stsSessionTags: z.record(z.string(), z.string()).optional(),
  remoteSigningEnabled: z.boolean(),
  remoteSigningUrlStyle: z.enum(['auto', 'path', 'virtual_host']).optional(),
  awsKmsKeyArn: z.string().optional(),
  allowAlternativeProtocols: z.boolean().optional(),
  pushS3DeleteDisabled: z.boolean().optional(),
  legacyMd5Behavior: z.boolean().optional(),
  ...warehouseOptions,
  credential: z.discriminatedUnion('type', [
    z.strictObject({ type: systemIdentity, externalId: z.string().optional() }),
    z.strictObject({
      type: z.literal('accessKey'),
      accessKeyId: secretKey,
      secretAccessKey: secretKey,
      externalId: z.string().optional(),
    }),
    z.strictObject({
      type: z.literal('cloudflareR2'),
      accessKeyId: secretKey,
      secretAccessKey: secretKey,
      token: secretKey,
      accountId: secretKey,
    }),
  ]),
});

/** Google Cloud Storage. */
const gcs = z.strictObject({
  ...warehouseOptions,
  type: z.literal('gcs'),
  bucket: z.string(),
  keyPrefix: z.string(),
  stsEnabled: z.boolean(),
  credential: z.discriminatedUnion('type', [
    z.strictObject({ type: systemIdentity }),
    z.strictObject({ type: z.literal('serviceAccountKey'), key: secretKey }),
  ]),
});

/** Azure Data Lake Storage, generation 2. */
const adls = z.strictObject({
  ...warehouseOptions,
  type: z.literal('adls'),
  accountName: z.string(),
  filesystem: z.string(),
  keyPrefix: z.string(),
  /** Domain after the account name. Like `authorityHost`, it is undefined for Azure's public cloud. */
  host: z.string().optional(),
  authorityHost: z.string().optional(),
  sasEnabled: z.boolean(),
  sasTokenValiditySeconds: z.int().optional(),
  credential: z.discriminatedUnion('type', [
    z.strictObject({ type: systemIdentity }),
    z.strictObject({ type: z.literal('sharedAccessKey'), key: secretKey }),
    z.strictObject({
      type: z.literal('clientCredentials'),
      tenantId: secretKey,
      clientId: secretKey,
      clientSecret: secretKey,
    }),
  ]),
});

export const dataStore = z.discriminatedUnion('type', [s3, gcs, adls]);

export type SecretKey = Readonly<z.output<typeof secretKey>>;
export type S3DataStore = Readonly<z.output<typeof s3>>;
export type GcsDataStore = Readonly<z.output<typeof gcs>>;
export type AdlsDataStore = Readonly<z.output<typeof adls>>;
export type DataStore = S3DataStore | GcsDataStore | AdlsDataStore;
