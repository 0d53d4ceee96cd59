import * as z from 'zod';
import { objectNameTemplate } from './kubernetes-names.ts';
import { template } from './setting-template.ts';
import { credentialSource, hostName, port, secretKey } from './setting-types.ts';

/** Settings of the Postgres behind a catalog, for one kind of metadata store. */

export const sslMode = z.enum(['disable', 'require', 'verify-ca', 'verify-full']);

const metadataStoreCommon = {
  host: hostName.optional().describe('For rows and Ducklings that do not say'),
  port: port.default(5432),
  sslMode: sslMode.default('require'),
  sslRootCertSecret: z
    .strictObject({ name: objectNameTemplate, key: secretKey })
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
      passwords: z
        .enum(['verifier', 'plain'])
        .default('verifier')
        .describe(
          'How a new password is sent. plain: for servers that take no SCRAM verifier; it may be in their ' +
            'statement log',
        ),
    })
    // Below verify-full, another server of the same authority could take the password.
    .refine(({ passwords, sslMode }) => passwords === 'verifier' || sslMode === 'verify-full', {
      path: ['passwords'],
      message:
        'is plain, which needs sslMode verify-full: nothing else says that the server is the one that is meant',
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
