import * as z from 'zod';
import { ownImage } from '../version.ts';
import { alerts } from './alert-settings.ts';
import { argocd } from './argocd-settings.ts';
import { authentication } from './authentication-settings.ts';
import { catalog, replicas } from './catalog-settings.ts';
import { dashboard } from './dashboard-settings.ts';
import { dataStore } from './data-store-settings.ts';
import { annotations, dnsLabel, namespaceTemplate, objectName } from './kubernetes-names.ts';
import { metadataStore, type sslMode } from './metadata-store-settings.ts';
import { moves } from './move-settings.ts';
import { apiServerPeers, type peer, peers } from './peer-settings.ts';
import { type PodSettings, podSettings, userIds } from './pod-settings.ts';
import { resources } from './quantity.ts';
import { record } from './record-settings.ts';
import { repair } from './repair-settings.ts';
import { retirement, retirementOverride } from './retirement-settings.ts';
import { rollout } from './rollout-settings.ts';
import {
  type credentialSource,
  duration,
  image,
  podSelector,
  secretKey,
  type secretReference,
} from './setting-types.ts';
import { source } from './source-settings.ts';

/**
 * The schema of `platform.yaml`: settings of all orgs, and overrides per org. The file is in Git: it has references to
 * credentials, never a credential. Unknown keys are errors; `parse.ts` writes their messages.
 */

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
    replicas: replicas.optional(),
    resources: resources.optional(),
    authentication: authentication.optional(),
    metadataStore: metadataStore.optional(),
    dataStore: dataStore.optional(),
    retirement: retirementOverride.optional(),
  })
  .describe('What differs for one org; the whole value of each key is replaced');

const certificateFile = z
  .strictObject({ name: objectName, key: secretKey.default('ca.crt') })
  .describe("In the catalogs' namespaces, with certificates in PEM");

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
    kubernetesVersion: z
      .string('is not a text; put the version in quotes, like "1.35"')
      .regex(/^1\.[0-9]{1,3}$/, 'is not a minor version of Kubernetes, like 1.35')
      .optional()
      .describe('Of the cluster; 1.36 or newer when left out'),
    source: source.prefault({}),
    tenancy: z.enum(['sharedNamespace', 'namespacePerOrg']).default('sharedNamespace'),
    namespace: dnsLabel
      .default('lakekeeper')
      .describe('Namespace of all catalogs, with tenancy sharedNamespace'),
    operator: z
      .strictObject({
        flavor: z
          .enum(['upstream', 'fork'])
          .default('upstream')
          .describe('fork: a build with the fields serviceAccountName and podMetadata'),
        amendments: z
          .union([z.boolean(), z.strictObject({ engine: z.enum(['mutatingAdmissionPolicy', 'kyverno']) })])
          .default(false)
          .transform((value) => (value === true ? ({ engine: 'mutatingAdmissionPolicy' } as const) : value))
          .describe(
            'Complete the pods of the upstream operator at admission: by a MutatingAdmissionPolicy (true; ' +
              'Kubernetes 1.34 and newer), or by Kyverno 1.16 and newer',
          ),
        namespace: namespaceTemplate.default('lakekeeper-operator-system'),
        podSelector: podSelector.default({ 'app.kubernetes.io/name': 'lakekeeper-operator' }),
      })
      .prefault({}),
    catalog,
    workers: z.strictObject({
      namespace: namespaceTemplate.describe('Namespace of the workers; a template'),
      podSelector: podSelector.describe(
        "Labels of one org's workers; templates: {org} is the org's label value",
      ),
      tokenURL: z
        .url({ protocol: /^http$/ })
        .default('http://127.0.0.1:9876/token')
        .describe("Where the token broker listens, inside the worker's pod"),
    }),
    monitoring: peers.optional().describe('Who may scrape the metrics; none when left out'),
    identity: z
      .strictObject({
        provider: z.enum(['none', 'eksPodIdentity', 'irsa', 'workloadIdentity']).default('none'),
        annotations: annotations.default({}).describe("Of each org's ServiceAccount; templates"),
      })
      .prefault({}),
    authentication: authentication.default({ mode: 'none' }),
    trustedCertificates: z
      .union([z.strictObject({ configMap: certificateFile }), z.strictObject({ secret: certificateFile })])
      .optional()
      .describe(
        'Certificates of private authorities, which catalogs and Jobs trust beside those of the system; ' +
          'needs operator.amendments',
      ),
    network: z
      .strictObject({
        policies: z
          .enum(['kubernetes', 'cilium'])
          .default('kubernetes')
          .describe('cilium: CiliumNetworkPolicies beside the others, for peers that those cannot match'),
        dns: peers.default([{ namespace: 'kube-system', podSelector: { 'k8s-app': 'kube-dns' } }]),
        postgres: peers.describe('Metadata stores'),
        warehouseDatabase: peers
          .optional()
          .describe('Postgres that holds the warehouse rows; as postgres when left out'),
        objectStore: peers,
        apiServer: apiServerPeers.describe('The API server behind its Service, often on port 6443'),
        openID: peers
          .optional()
          .describe('OpenID provider; needed with authentication by one that is not the API server'),
        egressProxy: peers.optional().describe('Proxy of HTTPS_PROXY and HTTP_PROXY in catalog.environment'),
      })
      .describe(
        'Lists of peers: address ranges and pods, with their ports where they are not the usual ones',
      ),
    metadataStores: z.record(z.string().min(1), metadataStore).describe('By metadata_store_kind'),
    dataStores: z.record(z.string().min(1), dataStore).describe('By data_store_kind'),
    registration: z.strictObject({
      image: image
        .default(ownImage)
        .describe('lakekeeper-gitops, with its version; the one that renders when left out'),
      hookMode: z
        .enum(['postSync', 'split'])
        .optional()
        .describe(
          'postSync (the default): one Job after the sync; split: a Job before the catalog, and one after it',
        ),
      arrangement: z
        .enum(['postSync', 'split'])
        .optional()
        .describe('Deprecated: the former name of hookMode'),
      deadline: duration
        .default('15m')
        .describe('Of the Job, which shares it among its tries; a sync waits as long at most'),
      admissionPolicy: z
        .boolean()
        .optional()
        .describe(
          'Limit by a ValidatingAdmissionPolicy (Kubernetes 1.30 and newer) what the Jobs may create ' +
            'and evict; when left out, on with operator.amendments and with such a kubernetesVersion',
        ),
      resources: resources.default({ requests: { cpu: '50m', memory: '96Mi' }, limits: { memory: '256Mi' } }),
      securityContext: userIds
        .default({})
        .describe(
          "Fixed ids of the Job's pods and of the broker's sidecar; those of the image when left out",
        ),
      pods: podSettings
        .default({})
        .describe("What the Job's pods have beyond their container; with placeholders"),
      record,
    }),
    repair: repair.optional(),
    rollout: rollout.optional(),
    retirement,
    moves,
    alerts: alerts.optional(),
    dashboard: dashboard.optional(),
    argocd: argocd.optional(),
    orgs: z.record(z.string().min(1), overrides).default({}).describe('Overrides, by org id'),
  })
  .describe('Settings of lakekeeper-gitops that are the same for all orgs');

export type Platform = z.output<typeof PlatformSchema>;
export type ArgoCDSettings = z.output<typeof argocd>;
export type Peer = z.output<typeof peer>;
export type SecretReference = z.output<typeof secretReference>;
export type CredentialSource = z.output<typeof credentialSource>;
export type MetadataStoreSettings = z.output<typeof metadataStore>;
export type DataStoreSettings = z.output<typeof dataStore>;
export type AuthenticationSettings = z.output<typeof authentication>;
export type Overrides = z.output<typeof overrides>;
export type SslMode = z.output<typeof sslMode>;
export type Replicas = z.output<typeof replicas>;
export type { PodSettings };
export type Resources = z.output<typeof resources>;
