import * as z from 'zod';
import { pathForMessage } from '../text/credential-form.ts';
import { template } from './setting-template.ts';
import { hostName, secretReference } from './setting-types.ts';

/**
 * Settings of the object storage of table files, one for each kind of data store. What the server would refuse or
 * ignore is refused here, before it is in Git (docs/facts/lakekeeper-management-api.md §4.3; for GCS and ADLS the
 * sources that `registration/catalog/warehouse/warehouse-fields.ts` names).
 */

const keyPrefix = template
  .default('lakekeeper/{org}')
  .describe(
    'Folder inside the bucket; a template. Lakekeeper never changes it for a warehouse that exists: ' +
      'the former controller used lakekeeper',
  );
const bucket = template.optional().describe('For rows and Ducklings that do not say; a template');
const roleArn = z.string().min(1).optional();
const externalId = z.string().min(1).optional().describe('Sent along when a role is assumed');
const systemIdentity = z.literal('systemIdentity').describe("The cloud identity of the catalog's pods");

const layoutSegment = z.string().regex(/\{(uuid|name)\}/, 'has neither {uuid} nor {name} in it');

/** A URL that has only scheme, host and port. */
function origin(protocol: RegExp) {
  const parsed = (url: string) => (URL.canParse(url) ? new URL(url) : undefined);
  return z
    .url({ protocol })
    .refine((url) => (parsed(url)?.pathname ?? '/') === '/', 'has a path; expected scheme, host and port')
    .refine(
      (url) => (parsed(url)?.username ?? '') === '',
      'has credentials in it; a credential is only ever referred to',
    );
}

/** The references to Secrets in a credential of a data store. */
export function secretReferencesIn(
  credential: Readonly<Record<string, unknown>>,
): z.output<typeof secretReference>[] {
  return Object.values(credential).filter(
    (value): value is z.output<typeof secretReference> => typeof value === 'object' && value !== null,
  );
}

/**
 * One Secret is read by one request, and changes as a whole. Of two, registration could read a new key id and the
 * former secret.
 */
function inOneSecret(credential: Readonly<Record<string, unknown>>, context: z.RefinementCtx): void {
  const references = secretReferencesIn(credential);
  const secrets = new Set(
    references.map(({ namespace, name }) => [namespace, name].filter(Boolean).join('/')),
  );
  if (secrets.size > 1)
    context.addIssue({
      code: 'custom',
      message:
        `is in several Secrets (${[...secrets].map(pathForMessage).join(', ')}); expected all its values in one. ` +
        'Several cannot be changed at once, so a rotated credential could be sent half new. Put the values into ' +
        'one Secret',
    });
}

/** Of all kinds of store. An omitted value starts as the server's default, and is not changed later. */
const warehouseOptions = {
  storageLayout: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('default') }),
      z.strictObject({
        type: z.literal('tabular-only'),
        tabular: z
          .string()
          .regex(/\{uuid\}/, 'lacks {uuid}, without which two tables of one name share a folder'),
      }),
      z.strictObject({
        type: z.literal('full-hierarchy'),
        namespace: layoutSegment,
        tabular: layoutSegment,
      }),
    ])
    .optional()
    .describe(
      'Folders of new tables (Lakekeeper 0.12 and newer); {name} and {uuid} are those of table and namespace',
    ),
  deleteProfile: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('hard') }),
      z.strictObject({ type: z.literal('soft'), expirationSeconds: z.int().min(0) }),
    ])
    .optional()
    .describe('soft: a dropped table can be restored for a time'),
};

const s3 = z
  .strictObject({
    type: z.literal('s3'),
    flavor: z.enum(['aws', 's3-compat']).default('aws'),
    bucket,
    region: z.string().min(1).max(128).optional(),
    keyPrefix,
    endpoint: origin(/^https?$/).optional(),
    pathStyleAccess: z.boolean().optional(),
    stsEnabled: z.boolean().default(false).describe('Vend short-lived credentials'),
    stsRoleArn: roleArn.describe('Role that vended credentials are of; assumeRoleArn when left out'),
    assumeRoleArn: roleArn.describe('Role that the catalog itself assumes'),
    stsEndpoint: origin(/^https?$/)
      .optional()
      .describe(
        'Where short-lived credentials come from, when not from the endpoint (Lakekeeper 0.12 and newer)',
      ),
    stsTokenValiditySeconds: z.int().min(900).max(43_200).optional(),
    stsSessionTags: z
      .record(
        z.string().regex(/^[\p{L}\p{N} _.:/=+@-]{1,128}$/u, 'is not the key of a session tag'),
        template,
      )
      .refine((tags) => Object.keys(tags).length <= 50, 'has more than 50 tags')
      .optional()
      .describe('Tags of the sessions of vended credentials; their values are templates'),
    remoteSigningEnabled: z.boolean().default(false),
    remoteSigningUrlStyle: z.enum(['auto', 'path', 'virtual_host']).optional(),
    awsKmsKeyArn: z
      .string()
      .regex(/^arn:aws[a-z-]*:kms:/, 'is not the ARN of a key of KMS')
      .optional()
      .describe('Key that vended credentials may use, and that engines encrypt with'),
    allowAlternativeProtocols: z.boolean().optional().describe('Take locations of s3a:// and s3n:// too'),
    pushS3DeleteDisabled: z
      .boolean()
      .optional()
      .describe('Tell engines not to delete files, with a soft deleteProfile'),
    legacyMd5Behavior: z.boolean().optional().describe('For stores that require Content-MD5'),
    ...warehouseOptions,
    credential: z
      .discriminatedUnion('type', [
        z.strictObject({ type: systemIdentity, externalId }),
        z.strictObject({
          type: z.literal('accessKey'),
          accessKeyId: secretReference,
          secretAccessKey: secretReference,
          externalId,
        }),
        z.strictObject({
          type: z.literal('cloudflareR2'),
          accessKeyId: secretReference,
          secretAccessKey: secretReference,
          token: secretReference.describe('API token, which vended credentials are fetched with'),
          accountId: secretReference,
        }),
      ])
      .superRefine(inOneSecret),
  })
  .superRefine((store, context) => {
    const refuse = (path: keyof typeof store, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    const { flavor, credential, stsEnabled, stsRoleArn, assumeRoleArn } = store;
    const hasRole = stsRoleArn !== undefined || assumeRoleArn !== undefined;
    if (flavor === 's3-compat' && store.endpoint === undefined)
      refuse('endpoint', 'is missing; flavor s3-compat needs it');
    if (flavor === 's3-compat' && credential.type === 'systemIdentity')
      refuse('credential', "is systemIdentity, which is AWS's own; flavor s3-compat needs an accessKey");
    if (flavor === 'aws' && stsEnabled && !hasRole)
      refuse('stsRoleArn', 'is missing; stsEnabled on AWS needs stsRoleArn or assumeRoleArn');
    if (!stsEnabled && stsRoleArn !== undefined)
      refuse(
        'stsRoleArn',
        'has no effect without stsEnabled; set that, or assumeRoleArn for the catalog itself',
      );
    for (const setting of ['stsEndpoint', 'stsTokenValiditySeconds', 'stsSessionTags'] as const)
      if (!stsEnabled && store[setting] !== undefined) refuse(setting, 'has no effect without stsEnabled');
    if (!store.remoteSigningEnabled && store.remoteSigningUrlStyle !== undefined)
      refuse('remoteSigningUrlStyle', 'has no effect without remoteSigningEnabled');
    if ('externalId' in credential && credential.externalId !== undefined && !hasRole)
      refuse('credential', 'has an externalId, which has no effect without assumeRoleArn or stsRoleArn');
    if (credential.type !== 'cloudflareR2') return;
    // With this credential the server sets both itself and clears the roles: every run would find a difference.
    if (flavor !== 's3-compat') refuse('flavor', 'is aws; credential cloudflareR2 needs s3-compat');
    if (!stsEnabled) refuse('stsEnabled', 'is off; credential cloudflareR2 always vends credentials');
    if (hasRole)
      refuse(
        stsRoleArn === undefined ? 'assumeRoleArn' : 'stsRoleArn',
        'is ignored with credential cloudflareR2; leave it out',
      );
  });

const gcs = z.strictObject({
  type: z.literal('gcs'),
  bucket,
  keyPrefix,
  stsEnabled: z.boolean().default(false).describe('Vend downscoped tokens'),
  ...warehouseOptions,
  credential: z.discriminatedUnion('type', [
    z.strictObject({ type: systemIdentity }),
    z.strictObject({
      type: z.literal('serviceAccountKey'),
      key: secretReference.describe('The JSON file of the key, as a whole'),
    }),
  ]),
});

const adls = z
  .strictObject({
    type: z.literal('adls'),
    accountName: template.describe('Storage account; a template'),
    filesystem: template
      .optional()
      .describe('Container, for rows and Ducklings that name no bucket; a template'),
    keyPrefix,
    host: hostName.optional().describe('Behind the account name; dfs.core.windows.net when left out'),
    authorityHost: origin(/^https$/)
      .optional()
      .describe('Where tokens come from; https://login.microsoftonline.com when left out'),
    sasEnabled: z.boolean().default(false).describe('Vend shared access signatures'),
    sasTokenValiditySeconds: z
      .int()
      .min(1)
      .max(7 * 24 * 60 * 60, 'is more than a week (604800)')
      .optional(),
    ...warehouseOptions,
    credential: z
      .discriminatedUnion('type', [
        z.strictObject({ type: systemIdentity }),
        z.strictObject({ type: z.literal('sharedAccessKey'), key: secretReference }),
        z.strictObject({
          type: z.literal('clientCredentials'),
          tenantId: secretReference,
          clientId: secretReference,
          clientSecret: secretReference,
        }),
      ])
      .superRefine(inOneSecret),
  })
  .refine(({ sasEnabled, sasTokenValiditySeconds: validity }) => sasEnabled || validity === undefined, {
    path: ['sasTokenValiditySeconds'],
    message: 'has no effect without sasEnabled',
  });

export const dataStore = z.discriminatedUnion('type', [s3, gcs, adls]);
