import { podServiceAccount } from '../platform/operator-pods.ts';
import type { AuthenticationSettings, Platform } from '../platform/platform-settings.ts';
import { expand } from '../platform/setting-template.ts';
import { type Duckling, type Ducklings, ducklingNames, ducklingOf } from '../source/ducklings.ts';
import type { WarehouseRecord } from '../source/warehouse-record.ts';
import { credentialForm, keyForMessage, valueForMessage } from '../text/credential-form.ts';
import type { Problem } from '../text/problem.ts';
import { type Adopted, adopt, overridesOf } from './adoption.ts';
import type { Authentication, Catalog } from './catalog.ts';
import { deriveDataStore } from './data-store-source.ts';
import { type Derivation, isMisreadByServer, namespaceName, secretKey } from './derivation.ts';
import { annotationsOf, deriveJobPods } from './derive-job-pods.ts';
import { derivePeers, podLabels } from './derive-peers.ts';
import { deriveMetadataStore } from './metadata-store-source.ts';
import { migrationJobName } from './migration-job.ts';
import { oauthClientId, orgLabel, orgSlug } from './names.ts';
import { deriveRecordTarget } from './record-target.ts';
import { namespaceOutsideOfProject, usedNamespaces } from './references.ts';
import { rolloutImage } from './rollout.ts';

/** Either the catalog, or every problem of its record. */
export type Derived =
  | { readonly ok: true; readonly catalog: Catalog }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Derives the desired catalog of an org. Values that the row lacks come from the org's Duckling, or else from the
 * settings for that kind of store.
 *
 * @param record a record that has passed the gate.
 * @param platform settings, consistent (`parsePlatform`).
 * @param ducklings the known Duckling resources; may be empty.
 */
export function deriveCatalog(record: WarehouseRecord, platform: Platform, ducklings: Ducklings): Derived {
  const overrides = overridesOf(record.org, platform);
  const duckling = ducklingOf(record, ducklings);
  const adopted = adopt(record, platform);
  const values = templateValues(record, platform, adopted, duckling);
  const { namespace } = values;
  const derivation: Derivation = {
    record,
    platform,
    overrides,
    duckling,
    adopted,
    values,
    problems: [...adopted.problems],
  };

  const metadataStore = deriveMetadataStore(derivation);
  const dataStore = deriveDataStore(derivation);
  const authentication = deriveAuthentication(
    derivation,
    overrides.authentication ?? platform.authentication,
  );
  const workers = deriveWorkers(derivation);
  const recordTarget = deriveRecordTarget(derivation);
  const baseURI = deriveBaseURI(derivation);
  const identityAnnotations = annotationsOf(
    derivation,
    platform.identity.annotations,
    'identity.annotations',
  );
  const peers = derivePeers(derivation);
  const jobPods = deriveJobPods(derivation);
  const { problems } = derivation;
  if (metadataStore === undefined || dataStore === undefined || problems.length > 0)
    return { ok: false, problems };
  const image = overrides.image ?? rolloutImage(record.org, platform) ?? platform.catalog.image;
  const catalog: Catalog = {
    org: record.org,
    names: {
      kubernetes: adopted.kubernetes,
      namespace,
      orgLabel: orgLabel(record.org),
      serviceAccount: podServiceAccount(platform, adopted.kubernetes),
      migrationJob: migrationJobName(adopted.kubernetes, {
        image,
        host: metadataStore.host,
        port: metadataStore.port,
        database: metadataStore.database,
        readHost: platform.catalog.readHost,
      }),
      lakekeeperWarehouse: adopted.lakekeeperWarehouse,
      oauthClientId: oauthClientId(record.org),
      workerNamespace: workers.namespace,
      workerLabels: workers.labels,
    },
    hasOwnNamespace: platform.tenancy === 'namespacePerOrg',
    image,
    replicas: overrides.replicas ?? platform.catalog.replicas,
    resources: overrides.resources ?? platform.catalog.resources,
    identityAnnotations,
    baseURI,
    ...(platform.moves.confirm.includes(record.org) && { isMoved: true as const }),
    metadataStore,
    dataStore,
    authentication,
    record: recordTarget,
    peers,
    jobPods,
  };
  const outside = namespaceOutsideOfProject(usedNamespaces(catalog), platform);
  if (outside !== undefined)
    return {
      ok: false,
      problems: [
        {
          at: record.at,
          message:
            `has objects in the namespace ${outside}, where Argo CD would not let its project put any; ` +
            'add it to argocd.namespaces in the platform settings',
        },
      ],
    };
  const form = credentialForm(textsOf(derivation));
  if (form === undefined) return { ok: true, catalog };
  return {
    ok: false,
    problems: [
      { at: record.at, message: `holds ${form}, which must not get into Git; put it into a Secret` },
    ],
  };
}

function templateValues(
  record: WarehouseRecord,
  platform: Platform,
  adopted: Adopted,
  duckling: Duckling | undefined,
): Derivation['values'] {
  const namespace = platform.tenancy === 'sharedNamespace' ? platform.namespace : adopted.kubernetes;
  const [ducklingName = ''] = ducklingNames(record);
  return {
    org: orgSlug(record.org),
    name: adopted.kubernetes,
    namespace,
    duckling: duckling?.name ?? ducklingName,
  };
}

/** The OAuth2 scope that clients of an org's catalog request from their provider; undefined for none. */
export function oauthScope(record: WarehouseRecord, platform: Platform): string | undefined {
  const settings = overridesOf(record.org, platform).authentication ?? platform.authentication;
  if (!('scope' in settings) || settings.scope === undefined) return undefined;
  return expand(settings.scope, templateValues(record, platform, adopt(record, platform), undefined));
}

/** The texts of a catalog that may contain a credential. Those of the settings were checked when they were parsed. */
function textsOf({ record, duckling }: Derivation): unknown {
  const { org, recorded, metadataStore, dataStore, ducklingName } = record;
  return [org, recorded.lakekeeperWarehouse, metadataStore, dataStore, ducklingName, duckling];
}

function deriveBaseURI({ platform, values, problems, record }: Derivation): string {
  const template = platform.catalog.server.baseURI;
  const uri = expand(template, values);
  // The pattern of the CRD (docs/facts/lakekeeper-crd.md §2.3).
  if (!/^https?:\/\/[A-Za-z0-9.-]+(:[0-9]+)?(\/[A-Za-z0-9._~/-]*)?$/.test(uri))
    problems.push({
      at: record.at,
      message:
        `catalog.server.baseURI (${keyForMessage(template)}) gives ${valueForMessage(uri)}, which is not a URL that ` +
        'the operator accepts',
    });
  return uri;
}

function deriveAudience({ values, problems, record }: Derivation, template: string): string {
  const audience = expand(template, values);
  if (isMisreadByServer(audience) || /[\s,]/.test(audience))
    problems.push({
      at: record.at,
      message:
        `authentication.audience (${keyForMessage(template)}) gives ${valueForMessage(audience)}, which the server ` +
        'would not read as one text; let it begin with letters',
    });
  return audience;
}

function deriveAuthentication(derivation: Derivation, settings: AuthenticationSettings): Authentication {
  if (settings.mode === 'none') return { mode: 'none' };
  const { rollout } = settings;
  const audience = deriveAudience(derivation, settings.audience);
  if (settings.mode === 'kubernetes') return { mode: 'kubernetes', rollout, audience };
  const { mode, providerURI, subjectClaim } = settings;
  if (settings.issuer === 'cluster')
    return { mode, issuer: settings.issuer, rollout, audience, providerURI, subjectClaim };
  const { issuer, rolesClaim, tokenEndpoint, scope, client } = settings;
  return {
    mode,
    issuer,
    rollout,
    audience,
    providerURI,
    subjectClaim,
    rolesClaim,
    tokenEndpoint,
    scope: scope && expand(scope, derivation.values),
    client: {
      id: expand(client.id, derivation.values),
      secret: secretKey(derivation, client.secret, 'authentication.client.secret'),
    },
  };
}

function deriveWorkers(derivation: Derivation): { namespace: string; labels: Record<string, string> } {
  const { namespace, podSelector } = derivation.platform.workers;
  return {
    namespace: namespaceName(derivation, namespace, 'workers.namespace'),
    labels: podLabels(derivation, podSelector, 'workers.podSelector'),
  };
}
