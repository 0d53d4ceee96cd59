import * as z from 'zod';
import { secretKey } from './data-store-inputs.ts';

/**
 * The Postgres behind a catalog: as derived, and as the registration inputs have it (`registration-inputs.ts`).
 * Credentials are references.
 */

/** Where the registration Job finds a credential. */
const credential = z.union([
  z.strictObject({ secret: secretKey }),
  /** `status.metadataStore` of a Duckling resource. */
  z.strictObject({ duckling: z.strictObject({ namespace: z.string(), name: z.string() }) }),
  z.strictObject({ environment: z.string() }),
]);

const store = {
  host: z.string(),
  port: z.int(),
  sslMode: z.enum(['disable', 'require', 'verify-ca', 'verify-full']),
  /** CA certificate, in the catalog's namespace. */
  sslRootCertSecret: z.strictObject({ name: z.string(), key: z.string() }).optional(),
  database: z.string(),
};

export const metadataStore = z.discriminatedUnion('provisioning', [
  z.strictObject({
    provisioning: z.literal('admin'),
    ...store,
    postgresRole: z.string(),
    admin: z.strictObject({ user: z.string(), database: z.string(), password: credential }),
    /** Passwords are sent as they are; absent: as SCRAM verifiers. */
    passwords: z.literal('plain').optional(),
  }),
  z.strictObject({
    provisioning: z.literal('preProvisioned'),
    ...store,
    user: z.string(),
    password: credential,
  }),
]);

export type CredentialReference = Readonly<z.output<typeof credential>>;
export type MetadataStore = Readonly<z.output<typeof metadataStore>>;
