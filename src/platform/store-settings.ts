import { z } from 'zod';
import { credentialSource, hostName, port, secretReference, template } from './setting-types.ts';

/** Settings of the stores behind a catalog, for one kind of store each. */

export const sslMode = z.enum(['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full']);

export const metadataStoreCommon = {
  host: hostName.optional().describe('For rows and Ducklings that do not say'),
  port: port.default(5432),
  sslMode: sslMode.default('require'),
  sslRootCertSecret: z
    .strictObject({ name: template, key: z.string().min(1) })
    .optional()
    .describe("CA certificate, in the catalog's namespace"),
};

export const metadataStore = z.discriminatedUnion('provisioning', [
  z
    .strictObject({
      provisioning: z.literal('admin'),
      ...metadataStoreCommon,
      admin: z.strictObject({
        user: z.string().min(1).default('postgres').describe('For rows and Ducklings that do not say'),
        database: z.string().min(1).default('postgres').describe('Database that the admin logs in to'),
        password: credentialSource,
      }),
    })
    .describe('The registration Job creates database and role, as an admin'),
  z
    .strictObject({
      provisioning: z.literal('preProvisioned'),
      ...metadataStoreCommon,
      database: template.optional(),
      user: template.optional(),
      password: credentialSource,
    })
    .describe('Database, role and password exist already; the Job has no admin rights'),
]);

export const dataStore = z
  .strictObject({
    type: z.literal('s3'),
    flavor: z.enum(['aws', 's3-compat']).default('aws'),
    bucket: template.optional().describe('For rows and Ducklings that do not say; a template'),
    region: z.string().min(1).max(128).optional(),
    keyPrefix: template
      .default('lakekeeper/{org}')
      .describe(
        'Folder inside the bucket; a template. Lakekeeper never changes it for a warehouse that exists: the former controller used lakekeeper',
      ),
    endpoint: z
      .url({ protocol: /^https?$/ })
      .refine(
        (url) => !URL.canParse(url) || new URL(url).pathname === '/',
        'has a path; expected scheme, host and port',
      )
      .refine(
        (url) => !URL.canParse(url) || new URL(url).username === '',
        'has credentials in it; a credential is only ever referred to',
      )
      .optional(),
    pathStyleAccess: z.boolean().optional(),
    stsEnabled: z.boolean().default(false),
    stsRoleArn: z.string().optional(),
    assumeRoleArn: z.string().optional(),
    remoteSigningEnabled: z.boolean().default(false),
    credential: z.discriminatedUnion('type', [
      z.strictObject({ type: z.literal('systemIdentity'), externalId: z.string().min(1).optional() }),
      z.strictObject({
        type: z.literal('accessKey'),
        accessKeyId: secretReference,
        secretAccessKey: secretReference,
      }),
    ]),
  })
  .superRefine((store, context) => {
    const refuse = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (store.flavor === 's3-compat' && store.endpoint === undefined)
      refuse('endpoint', 'is missing; flavor s3-compat needs it');
    if (store.flavor === 's3-compat' && store.credential.type === 'systemIdentity')
      refuse('credential', "is systemIdentity, which is AWS's own; flavor s3-compat needs an accessKey");
    // Lakekeeper answers 400 (facts/lakekeeper-management-api.md §4.3).
    if (
      store.flavor === 'aws' &&
      store.stsEnabled &&
      store.stsRoleArn === undefined &&
      store.assumeRoleArn === undefined
    )
      refuse('stsRoleArn', 'is missing; stsEnabled on AWS needs stsRoleArn or assumeRoleArn');
  });
