import * as z from 'zod';

/**
 * Schema of a data store in the registration inputs (`registration-inputs.ts`): as derived, with references to secrets.
 */

export const secretKey = z.strictObject({ namespace: z.string(), name: z.string(), key: z.string() });

const systemIdentity = z.literal('systemIdentity');

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
  remoteSigningEnabled: z.boolean(),
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

const gcs = z.strictObject({
  type: z.literal('gcs'),
  bucket: z.string(),
  keyPrefix: z.string(),
  stsEnabled: z.boolean(),
  credential: z.discriminatedUnion('type', [
    z.strictObject({ type: systemIdentity }),
    z.strictObject({ type: z.literal('serviceAccountKey'), key: secretKey }),
  ]),
});

const adls = z.strictObject({
  type: z.literal('adls'),
  accountName: z.string(),
  filesystem: z.string(),
  keyPrefix: z.string(),
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
