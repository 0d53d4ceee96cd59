import { z } from 'zod';
import { isPerOrg, templateProblem } from './template.ts';

/**
 * The schema of `platform.yaml`: what is the same for all orgs, and the overrides per org. Everything here is reviewed
 * text: it holds references to credentials, never a credential. Unknown keys are errors (`parse.ts` words them).
 */

const dnsLabel = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    'is not a DNS label: at most 63 lower-case letters, digits and hyphens',
  );
const port = z.int().min(1).max(65535);
const hostName = z
  .string()
  .regex(/^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/, 'is not a host name')
  .or(z.ipv4());
const duration = z
  .string()
  .regex(/^[1-9][0-9]{0,5}[sm]$/, 'is not a duration: whole seconds or minutes, like 900s or 15m');

const template = z.string().min(1).superRefine(refuseBadTemplate);
const templatePerOrg = template.refine(isPerOrg, 'is the same for every org; put {org} into it');

function refuseBadTemplate(value: string, context: z.RefinementCtx): void {
  const problem = templateProblem(value);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
}

const podSelector = z
  .record(
    z
      .string()
      .regex(
        /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/,
        'is not a label key',
      ),
    template,
  )
  .describe('Labels that the pods carry, all of them');

const pods = z.strictObject({
  namespace: dnsLabel.describe('Namespace of the pods'),
  podSelector: podSelector.default({}),
});

const peer = z
  .union([
    z.strictObject({
      cidr: z.union([z.cidrv4(), z.cidrv6()]),
      except: z
        .array(z.union([z.cidrv4(), z.cidrv6()]))
        .min(1)
        .optional(),
    }),
    pods,
  ])
  .describe('Either an address range (cidr) or pods (namespace and podSelector)');
const peers = z.array(peer).min(1);

const secretReference = z
  .strictObject({
    namespace: template.optional().describe("Namespace of the Secret; the catalog's own when left out"),
    name: template.describe('Name of the Secret; a template'),
    key: z.string().regex(/^[A-Za-z0-9._-]{1,253}$/, 'is not a key of a Secret'),
  })
  .describe('Where a credential stands. The registration Job reads it in the cluster; synth never does');

const credentialSource = z.union([
  z.strictObject({ secret: secretReference }),
  z.strictObject({
    duckling: z
      .strictObject({ namespace: dnsLabel.default('ducklings') })
      .describe("From the status of the org's Duckling resource"),
  }),
  z.strictObject({ environment: z.string().regex(/^[A-Z_][A-Z0-9_]*$/) }),
]);

const sslMode = z.enum(['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full']);

const metadataStoreCommon = {
  host: hostName.optional().describe('For rows and Ducklings that do not say'),
  port: port.default(5432),
  sslMode: sslMode.default('require'),
  sslRootCertSecret: z
    .strictObject({ name: template, key: z.string().min(1) })
    .optional()
    .describe("CA certificate, in the catalog's namespace"),
};

const metadataStore = z.discriminatedUnion('provisioning', [
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

const dataStore = z
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

const audience = templatePerOrg
  .default('lakekeeper-{org}')
  .describe(
    "Audience of the org's tokens; a template that has the org in it, so that one org's token is refused by another's catalog",
  );

const httpsUrl = z
  .url({ protocol: /^https$/, error: 'is not an https URL' })
  .refine((url) => !URL.canParse(url) || new URL(url).username === '', 'has credentials in it');

const authentication = z.discriminatedUnion('mode', [
  z
    .strictObject({ mode: z.literal('none') })
    .describe('Every request is anonymous and may do everything; only the NetworkPolicies protect'),
  z
    .strictObject({ mode: z.literal('kubernetes'), audience })
    .describe('ServiceAccount tokens, checked by TokenReview'),
  z.discriminatedUnion('issuer', [
    z
      .strictObject({
        mode: z.literal('openID'),
        issuer: z.literal('cluster'),
        providerURI: httpsUrl.describe("Issuer of the cluster's ServiceAccount tokens"),
        audience,
        subjectClaim: z.string().min(1).default('sub'),
      })
      .describe("ServiceAccount tokens, checked against the cluster's own OpenID issuer"),
    z
      .strictObject({
        mode: z.literal('openID'),
        issuer: z.literal('external'),
        providerURI: httpsUrl,
        audience,
        subjectClaim: z.string().min(1).default('sub'),
        rolesClaim: z.string().min(1).optional(),
        tokenEndpoint: httpsUrl.describe('Where workers and the registration Job get their tokens'),
        client: z
          .strictObject({ id: template, secret: secretReference })
          .describe('OAuth2 client that the registration Job logs in with (client_credentials)'),
      })
      .describe('Tokens of an OpenID provider outside the cluster'),
  ]),
]);

const quantity = z.union([
  z.string().regex(/^[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$/, 'is not a quantity'),
  z.number().positive(),
]);
const resources = z.strictObject({
  requests: z.record(z.string(), quantity).optional(),
  limits: z.record(z.string(), quantity).optional(),
});

const image = z.string().superRefine((reference, context) => {
  const problem = imageProblem(reference);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});

/** What is wrong with an image reference, or undefined: it must say exactly one version, or a review of it means nothing. */
function imageProblem(reference: string): string | undefined {
  const match =
    /^([a-z0-9.-]+(?::[0-9]+)?(?:\/[a-z0-9._-]+)*)(?::([A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(@sha256:[0-9a-f]{64})?$/.exec(
      reference,
    );
  if (match === null) return 'is not an image reference';
  const [, repository = '', tag, digest] = match;
  if (digest !== undefined) return undefined;
  if (tag === undefined) return 'has no tag; name the version, so that a change of it is a change in Git';
  if (tag === 'latest')
    return 'has the tag latest; name the version, so that a change of it is a change in Git';
  // Lakekeeper's own tags begin with v; one without it is ErrImagePull (incident 20).
  if (repository.endsWith('lakekeeper/catalog') && /^[0-9]+\.[0-9]+/.test(tag))
    return `has the tag ${tag}; Lakekeeper's tags begin with a v: v${tag}`;
  return undefined;
}

const catalog = z.strictObject({
  image: image.describe('Lakekeeper, with its version'),
  replicas: z.int().min(0).max(100).default(2),
  resources: resources
    .default({ requests: { cpu: '500m', memory: '512Mi' } })
    .describe('Without requests the pods are the first to be evicted'),
  server: z
    .strictObject({
      baseURI: templatePerOrg
        .regex(
          /^https?:\/\/[A-Za-z0-9.{}-]+(:[0-9]+)?(\/[A-Za-z0-9._~{}/-]*)?$/,
          'is not an http(s) URL that the operator accepts',
        )
        .default('http://{name}.{namespace}.svc:8181')
        .describe('URL that engines are told to use; a template'),
      listenPort: port.default(8181),
      metricsPort: port.default(9000),
      enableDefaultProject: z
        .literal(true)
        .default(true)
        .describe('The warehouse is made in the default project'),
      reservedNamespaces: z.array(z.string().min(1)).min(1).optional(),
    })
    .prefault({}),
  readHost: hostName.optional().describe('Read replica of the metadata store'),
  maxRequestTime: z
    .string()
    .regex(/^[0-9]+s$/, 'is not in seconds (like 30s); the server crashes on minutes and hours')
    .optional(),
  bootstrapCheckInterval: z
    .string()
    .regex(/^[1-9][0-9]*s$/, 'is not a duration like 15s')
    .default('15s'),
  environment: z
    .record(
      z
        .string()
        .regex(
          /^(LAKEKEEPER__[A-Z0-9_]+|SSL_CERT_FILE|SSL_CERT_DIR|RUST_LOG|HTTPS?_PROXY|NO_PROXY)$/,
          'is not a variable of the server',
        ),
      z.string(),
    )
    .default({})
    .describe("More of the server's environment; needs operator.amendments"),
});

const overrides = z
  .strictObject({
    name: dnsLabel
      .max(46, 'is longer than 46 characters')
      .optional()
      .describe('Name of the catalog in Kubernetes'),
    database: z
      .string()
      .regex(/^[a-z_][a-z0-9_]{0,62}$/, 'is not a Postgres name of lower-case letters, digits and _')
      .optional(),
    lakekeeperWarehouse: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,128}$/, 'is not a warehouse name')
      .optional(),
    image: image.optional(),
    replicas: z.int().min(0).max(100).optional(),
    resources: resources.optional(),
    authentication: authentication.optional(),
    metadataStore: metadataStore.optional(),
    dataStore: dataStore.optional(),
  })
  .describe('What differs for one org; the whole value of each key is replaced');

export const PlatformSchema = z
  .strictObject({
    prefix: z
      .string()
      .regex(
        /^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$/,
        'is not a DNS label of at most 20 characters that begins with a letter',
      )
      .default('lakekeeper')
      .describe('First part of every derived name. Changing it gives every org a new, empty catalog'),
    tenancy: z.enum(['sharedNamespace', 'namespacePerOrg']).default('sharedNamespace'),
    namespace: dnsLabel
      .default('lakekeeper')
      .describe('Namespace of all catalogs, with tenancy sharedNamespace'),
    operator: z
      .strictObject({
        flavor: z
          .enum(['upstream', 'fork'])
          .default('upstream')
          .describe('fork: a build that also knows serviceAccountName and podMetadata'),
        amendments: z
          .boolean()
          .default(false)
          .describe(
            'Complete the pods of the upstream operator by a MutatingAdmissionPolicy (Kubernetes 1.36 and newer)',
          ),
        namespace: dnsLabel.default('lakekeeper-operator-system'),
        podSelector: podSelector.default({ 'app.kubernetes.io/name': 'lakekeeper-operator' }),
      })
      .prefault({}),
    catalog,
    workers: z.strictObject({
      namespace: template.describe('Namespace of the workers; a template'),
      podSelector: podSelector.describe(
        "Labels of one org's workers; templates: {org} is the org's label value",
      ),
      tokenURL: z
        .url({ protocol: /^http$/ })
        .default('http://127.0.0.1:9876/token')
        .describe("Where the token broker listens, inside the worker's pod"),
    }),
    monitoring: pods.optional().describe('Who may scrape the metrics; nobody when left out'),
    identity: z
      .strictObject({
        provider: z.enum(['none', 'eksPodIdentity', 'irsa', 'workloadIdentity']).default('none'),
        annotations: z
          .record(z.string(), template)
          .default({})
          .describe("Of each org's ServiceAccount; templates"),
      })
      .prefault({}),
    authentication: authentication.default({ mode: 'none' }),
    network: z.strictObject({
      dns: pods.default({ namespace: 'kube-system', podSelector: { 'k8s-app': 'kube-dns' } }),
      postgres: peers.describe('Metadata stores'),
      warehouseDatabase: peers
        .optional()
        .describe('Postgres that holds the warehouse rows; as postgres when left out'),
      objectStore: peers,
      apiServer: z.strictObject({
        peers,
        port: port.default(443).describe('Port behind the Service, often 6443'),
      }),
      openID: peers
        .optional()
        .describe('OpenID provider; needed with authentication by one that is not the API server'),
    }),
    metadataStores: z.record(z.string().min(1), metadataStore).describe('By metadata_store_kind'),
    dataStores: z.record(z.string().min(1), dataStore).describe('By data_store_kind'),
    registration: z.strictObject({
      image: image.describe('lakekeeper-gitops, with its version'),
      arrangement: z.enum(['postSync', 'split']).default('postSync'),
      deadline: duration.default('15m'),
      resources: resources.default({ requests: { cpu: '50m', memory: '96Mi' }, limits: { memory: '256Mi' } }),
      record: z
        .union([
          z.strictObject({
            warehouseDatabase: z.strictObject({
              url: secretReference.describe('postgres:// URL of the database that holds the rows'),
              schema: z.string().min(1).default('public'),
              table: z.string().min(1).default('duckgres_managed_warehouses'),
              port: port.default(5432).describe('For the NetworkPolicy'),
            }),
          }),
          z.strictObject({ configMap: z.literal(true) }),
        ])
        .describe(
          'Where the endpoint is written: back into the row, or, when the warehouses come from a file, into a ConfigMap per org',
        ),
    }),
    orgs: z.record(z.string().min(1), overrides).default({}).describe('Overrides, by org id'),
  })
  .describe('Settings of lakekeeper-gitops that are the same for all orgs');

export type Platform = z.output<typeof PlatformSchema>;
export type Peer = z.output<typeof peer>;
export type PodSelector = z.output<typeof podSelector>;
export type SecretReference = z.output<typeof secretReference>;
export type CredentialSource = z.output<typeof credentialSource>;
export type MetadataStoreSettings = z.output<typeof metadataStore>;
export type DataStoreSettings = z.output<typeof dataStore>;
export type AuthenticationSettings = z.output<typeof authentication>;
export type Overrides = z.output<typeof overrides>;
export type SslMode = z.output<typeof sslMode>;
export type Resources = z.output<typeof resources>;
