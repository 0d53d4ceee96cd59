import type { CloudIdentity } from '../../../catalog/cloud-identity.ts';
import type { CatalogConfig } from '../../../clients/lakekeeper/lakekeeper-answers.ts';
import { PermanentError } from '../../../text/errors.ts';
import { imageVersion } from '../../../text/image-version.ts';
import { nameForMessage } from '../../../text/printable.ts';
import type { ObservedServer } from './observe.ts';

/** What a catalog is to be before it is recorded. */
export interface ExpectedCatalog {
  /** `any`: it is about to change. */
  readonly authentication: 'none' | 'kubernetes' | 'openID' | 'any';
  readonly catalogEndpoint: string;
  /**
   * The cloud whose identity of the catalog's own pods the data store is reached with; undefined when it has a
   * credential.
   */
  readonly systemIdentity: CloudIdentity['cloud'] | undefined;
  readonly image: string;
}

/** What its server answered. */
export interface ObservedCatalog extends ObservedServer {
  /** As `ensureWarehouse` found or made it; undefined before. */
  readonly warehouse?: { readonly id: string; readonly name: string };
  /** What engines are told that attach it; undefined before it was asked. */
  readonly config?: CatalogConfig | undefined;
}

/** Something that the running server is not. */
export interface Mismatch {
  readonly subject:
    | 'version'
    | 'authentication'
    | 'authorizer'
    | 'identity'
    | 'project'
    | 'warehouse'
    | 'baseURI';
  /** What was expected, what was seen, and what to do next. */
  readonly message: string;
}

/**
 * What differs between a catalog as it was asked for and as its server answers. The operator reports a catalog
 * as ready that ignores half of its settings, so only the server's own answers count
 * (docs/facts/lakekeeper-auth.md §6). The version is first: another one is of a pod that is about to go, and
 * what else that pod says counts for nothing.
 */
export function mismatches(expected: ExpectedCatalog, observed: ObservedCatalog): Mismatch[] {
  return [
    ...versionMismatch(expected, observed),
    ...authenticationMismatch(expected, observed),
    ...infoMismatches(expected, observed),
    ...configMismatches(expected, observed),
  ];
}

/**
 * Proves that a catalog is what was asked for.
 *
 * @throws PermanentError when a setting was not honoured; an Error, which is transient, while another version answers.
 */
export function verifyCatalog(expected: ExpectedCatalog, observed: ObservedCatalog): void {
  const [first] = mismatches(expected, observed);
  if (first === undefined) return;
  throw first.subject === 'version' ? new Error(first.message) : new PermanentError(first.message);
}

function versionMismatch({ image }: ExpectedCatalog, { info }: ObservedCatalog): Mismatch[] {
  const wanted = imageVersion(image);
  // A pre-release or a variant reports a version that its tag does not state.
  if (info === undefined || wanted === undefined || wanted.suffix !== '') return [];
  if (info.version.replace(/^v/, '') === `${wanted.major}.${wanted.minor}.${wanted.patch}`) return [];
  return [
    {
      subject: 'version',
      message:
        `the catalog runs version ${nameForMessage(info.version)}, and its image is ` +
        `${nameForMessage(image)}; it is still rolling out, or the new pods do not start`,
    },
  ];
}

const ignoredAuthentication = {
  kubernetes:
    'spec.authentication.kubernetes was not honoured (the upstream operator writes it as ' +
    'LAKEKEEPER__K8S_AUTH_…, which the server does not read). Set operator.amendments: true, or use ' +
    'mode openID with issuer: cluster, or the fork of the operator',
  openID:
    "spec.authentication.openID was not honoured. Look whether the catalog's pods have " +
    'LAKEKEEPER__OPENID_PROVIDER_URI, and whether they were restarted since it was set',
};

function authenticationMismatch(
  { authentication }: ExpectedCatalog,
  { anonymous }: ObservedCatalog,
): Mismatch[] {
  if (authentication === 'any') return [];
  if (authentication !== 'none' && anonymous === 'open')
    return [
      {
        subject: 'authentication',
        message:
          `the catalog is open to everyone although authentication was asked for: the operator's ` +
          `setting ${ignoredAuthentication[authentication]}. Nothing was registered`,
      },
    ];
  if (authentication === 'none' && anonymous === 'refused')
    return [
      {
        subject: 'authentication',
        message:
          'the catalog requires a token although authentication is off or only prepared: its pods have settings for ' +
          'authentication that are not of lakekeeper-gitops. Nothing was registered; set ' +
          'authentication for the org, or remove those settings',
      },
    ];
  return [];
}

function infoMismatches({ systemIdentity }: ExpectedCatalog, { info }: ObservedCatalog): Mismatch[] {
  if (info === undefined) return [];
  const found: Mismatch[] = [];
  if (info.authorizer !== 'allow-all')
    found.push({
      subject: 'authorizer',
      message:
        `the catalog authorizes with ${nameForMessage(info.authorizer)}; expected allow-all, which is ` +
        'all that the operator can set up. Nothing was registered; remove the environment that says ' +
        `otherwise from the catalog's pods`,
    });
  if (info.defaultProject === undefined)
    found.push({
      subject: 'project',
      message:
        'the catalog has no default project, and engines name the warehouse without one. Nothing was ' +
        "registered; remove LAKEKEEPER__ENABLE_DEFAULT_PROJECT from the catalog's pods",
    });
  if (systemIdentity !== undefined && !info.systemIdentities.includes(systemIdentity))
    found.push({
      subject: 'identity',
      message:
        `the catalog does not use the ${systemIdentity} identity of its pods although the data store's ` +
        `credential is systemIdentity: the operator's setting spec.server.storageSystemCredentials was ` +
        'not honoured (no Lakekeeper version reads what the upstream operator writes for it). Nothing ' +
        'was registered; set operator.amendments: true, or use the fork of the operator',
    });
  return found;
}

function configMismatches(
  { catalogEndpoint }: ExpectedCatalog,
  { warehouse, config }: ObservedCatalog,
): Mismatch[] {
  if (warehouse === undefined || config === undefined) return [];
  const { prefix, uri } = config;
  const found: Mismatch[] = [];
  if (prefix !== warehouse.id)
    found.push({
      subject: 'warehouse',
      message:
        `the catalog takes ${nameForMessage(warehouse.name)} for the warehouse ` +
        `${nameForMessage(prefix ?? 'without an id')}; expected ${warehouse.id}. Nothing was ` +
        `registered; look whether the server URL leads to the org's own catalog`,
    });
  if (uri !== catalogEndpoint)
    found.push({
      subject: 'baseURI',
      message:
        `the catalog sends engines to ${nameForMessage(uri ?? 'no URL')}; expected ` +
        `${nameForMessage(catalogEndpoint)}. Nothing was registered; its LAKEKEEPER__BASE_URI ` +
        '(spec.server.baseURI) is not the one in Git',
    });
  return found;
}
