import * as z from 'zod';
import { recordFieldNames } from '../mapping/record-columns.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { mapping } from '../platform/source-settings.ts';
import { PermanentError } from '../text/errors.ts';
import type { Catalog } from './catalog.ts';
import { dataStore, secretKey } from './data-store-inputs.ts';
import { instanceAdmin, proofAccount } from './instance-admin.ts';
import { metadataStore } from './metadata-store-inputs.ts';
import { usesBroker } from './worker-login.ts';

/**
 * The interface between synth and the registration Job: synth renders the inputs of each org, the Job reads them.
 * Secrets are references, which the Job resolves in the cluster. `decode(encode(x))` equals `x`.
 */

/** The server stays open; absent, it refuses requests without a token. */
const rollout = z.literal('prepare').optional();

const authentication = z.union([
  z.strictObject({ mode: z.literal('none') }),
  z.strictObject({ mode: z.literal('kubernetes'), rollout, audience: z.string() }),
  z.strictObject({ mode: z.literal('openID'), rollout, issuer: z.literal('cluster'), audience: z.string() }),
  z.strictObject({
    mode: z.literal('openID'),
    rollout,
    issuer: z.literal('external'),
    audience: z.string(),
    tokenEndpoint: z.string(),
    scope: z.string().optional(),
    client: z.strictObject({ id: z.string(), secret: secretKey }),
  }),
]);

/** As of `TableTarget` of the mapping. */
const recordTable = {
  schema: z.string(),
  table: z.string(),
  columns: z.partialRecord(z.enum(['org', ...recordFieldNames]), z.string()).optional(),
  isOwn: z.literal(true).optional(),
  source: z
    .union([
      z.literal('elsewhere'),
      z.strictObject({ schema: z.string(), table: z.string(), mapping: mapping }),
    ])
    .optional(),
  notify: z.string().optional(),
};

/** As of `ResourceTarget` of the mapping. */
const resource = z.strictObject({
  group: z.string(),
  version: z.string(),
  plural: z.string(),
  namespace: z.string(),
  name: z.string(),
  mapping: mapping,
  place: z.union([z.literal('annotations'), z.strictObject({ status: z.string() })]),
});

export const registrationSchema = z.strictObject({
  version: z.literal(1),
  org: z.string(),
  catalog: z.strictObject({
    namespace: z.string(),
    /** Name of the custom resource, its Service and the Secret. */
    name: z.string(),
    image: z.string(),
    replicas: z.union([z.int(), z.literal('external')]),
    migrationJob: z.string(),
    /** ConfigMap with variables that its pods read when they start; absent without amendments. */
    amendments: z.string().optional(),
    /** Root of the server inside the cluster, without a slash at its end. */
    serverURL: z.string(),
    /** URL for engines, which is written back. */
    catalogEndpoint: z.string(),
  }),
  authentication,
  /** Selects the org's workers that log in through the broker; absent when none do. */
  workers: z
    .strictObject({ namespace: z.string(), podSelector: z.record(z.string(), z.string()) })
    .optional(),
  metadataStore,
  lakekeeperWarehouse: z.strictObject({
    name: z.string(),
    dataStore,
    /** The org was moved, with its catalog: a missing warehouse is not created. */
    mustExist: z.literal(true).optional(),
    /** The Job is the server's instance admin, and nobody else may change the warehouse. */
    managedBy: z.literal('instance-admin').optional(),
    /**
     * Claim of the Job's token by which the catalog identifies the instance admin; `uid` for the uid of its
     * ServiceAccount. Registration writes its value into the Secret. Absent when the amendments have the user id.
     */
    instanceAdminClaim: z.string().optional(),
    /** A ServiceAccount in the catalog's namespace whose token must not be able to change the warehouse. */
    proofAccount: z.string().optional(),
  }),
  record: z.strictObject({
    oauthClientId: z.string(),
    /** Empty without authentication, so that a URL in the row is cleared. */
    oauthServerURI: z.string(),
    target: z.union([
      z.strictObject({
        warehouseDatabase: z.strictObject({ url: secretKey, ...recordTable }),
      }),
      z.strictObject({ configMap: z.strictObject({ namespace: z.string(), name: z.string() }) }),
      z.strictObject({ resource }),
    ]),
  }),
});

export type RegistrationInputs = z.output<typeof registrationSchema>;

/** Suffix of the ConfigMap with an org's inputs, after the name of its catalog. */
export const inputsSuffix = '-registration';

/** Key of the inputs in that ConfigMap. */
export const inputsKey = 'inputs.json';

/** Suffix of the ConfigMap that the policy of amendments adds to the pods of a catalog. */
export const amendmentsSuffix = '-amendments';

/**
 * Paths in the Job's pod: its inputs, its tokens, and objects of its namespace that do not change while it runs (a
 * file for each variable of the amendments, and the CA of the metadata store).
 */
export const registrationFiles = {
  inputs: '/etc/lakekeeper-gitops/inputs.json',
  token: '/var/run/secrets/lakekeeper/token',
  /** Of another audience, so that no catalog may accept it. */
  otherToken: '/var/run/secrets/lakekeeper/other-audience',
  amendments: '/etc/lakekeeper-amendments',
  metadataStoreCA: '/etc/lakekeeper-metadata-store/ca.crt',
} as const;

/** Derives the inputs of an org's Job from its desired catalog. */
export function registrationInputs(catalog: Catalog, platform: Platform): RegistrationInputs {
  const { names, image, replicas, baseURI } = catalog;
  const { server } = platform.catalog;
  const admin = instanceAdmin(catalog, platform);
  const proof = proofAccount(catalog, platform);
  return {
    version: 1,
    org: catalog.org,
    catalog: {
      namespace: names.namespace,
      name: names.kubernetes,
      image,
      replicas,
      migrationJob: names.migrationJob,
      ...(platform.operator.amendments && { amendments: `${names.kubernetes}${amendmentsSuffix}` }),
      serverURL: `http://${names.kubernetes}.${names.namespace}.svc:${server.listenPort}`,
      catalogEndpoint: `${baseURI}/catalog`,
    },
    authentication: registrationAuthentication(catalog),
    ...(usesBroker(catalog.authentication) && {
      workers: { namespace: names.workerNamespace, podSelector: { ...names.workerLabels } },
    }),
    metadataStore: catalog.metadataStore,
    lakekeeperWarehouse: {
      name: names.lakekeeperWarehouse,
      dataStore: catalog.dataStore,
      ...(catalog.isMoved && { mustExist: catalog.isMoved }),
      ...(admin !== undefined && { managedBy: 'instance-admin' as const }),
      ...(admin !== undefined && 'claim' in admin && { instanceAdminClaim: admin.claim }),
      ...(proof !== undefined && { proofAccount: proof }),
    },
    record: {
      oauthClientId: names.oauthClientId,
      oauthServerURI: oauthServerURI(catalog, platform),
      target: catalog.record,
    },
  };
}

/**
 * The inputs as JSON, so that the Job does not have to load a YAML parser. Characters beyond ASCII are escaped, so
 * that a reviewer sees them.
 */
export function encode(inputs: RegistrationInputs): string {
  return `${escapeBeyondASCII(JSON.stringify(inputs, null, 2))}\n`;
}

/** Escapes everything but printable ASCII in a JSON text. */
export function escapeBeyondASCII(json: string): string {
  return json.replaceAll(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The inverse of `encode`. @throws PermanentError when the text is not the inputs of this version. */
export function decode(text: string): RegistrationInputs {
  return decodeInputs(text, registrationSchema, 'registration inputs');
}

/**
 * Reads inputs that synth rendered for a Job.
 *
 * @param what the inputs' name in messages, plural.
 * @throws PermanentError when the text is not JSON, or not of the schema.
 */
export function decodeInputs<T>(text: string, schema: z.ZodType<T>, what: string): T {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new PermanentError(`the ${what} are not JSON; run synth again and commit what it writes`, {
      cause,
    });
  }
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  throw new PermanentError(
    `the ${what} are not of this version of lakekeeper-gitops (${problems}); use the ` +
      'same version for synth and for the Job',
  );
}

function registrationAuthentication({
  authentication: wanted,
}: Catalog): RegistrationInputs['authentication'] {
  if (wanted.mode === 'none') return { mode: 'none' };
  const { audience } = wanted;
  const rollout = wanted.rollout === 'prepare' ? ({ rollout: 'prepare' } as const) : {};
  if (wanted.mode === 'kubernetes') return { mode: 'kubernetes', ...rollout, audience };
  if (wanted.issuer === 'cluster') return { mode: 'openID', ...rollout, issuer: 'cluster', audience };
  return {
    mode: 'openID',
    ...rollout,
    issuer: 'external',
    audience,
    tokenEndpoint: wanted.tokenEndpoint,
    ...(wanted.scope !== undefined && { scope: wanted.scope }),
    client: wanted.client,
  };
}

/** URL where DuckDB requests its token: the broker beside the worker, or the OpenID provider. */
function oauthServerURI({ authentication: wanted }: Catalog, platform: Platform): string {
  if (wanted.mode === 'none') return '';
  return wanted.mode === 'openID' && wanted.issuer === 'external'
    ? wanted.tokenEndpoint
    : platform.workers.tokenURL;
}
