import type { CloudIdentity } from '../../../catalog/cloud-identity.ts';
import type { CatalogConfig } from '../../../clients/lakekeeper/lakekeeper-answers.ts';
import { PermanentError } from '../../../text/errors.ts';
import { imageVersion } from '../../../text/image-version.ts';
import { nameForMessage } from '../../../text/printable.ts';
import type { ObservedServer } from './observe.ts';

/** What a catalog has to be before it is recorded. */
export interface ExpectedCatalog {
  /** `any`: a roll-out of authentication is in progress. */
  readonly authentication: 'none' | 'kubernetes' | 'openID' | 'any';
  readonly catalogEndpoint: string;
  /**
   * The cloud whose identity the catalog's pods use for the data store; undefined if the data store has a credential.
   */
  readonly systemIdentity: CloudIdentity['cloud'] | undefined;
  readonly image: string;
}

/** The answers of its server. */
export interface ObservedCatalog extends ObservedServer {
  /** From `ensureWarehouse`; undefined before. */
  readonly warehouse?: { readonly id: string; readonly name: string };
  /** What engines receive that attach the warehouse; undefined before it was requested. */
  readonly config?: CatalogConfig | undefined;
}

/** A difference between the expected catalog and the running server. */
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
 * The differences between the expected catalog and its server. The operator also reports Ready for a server that
 * ignores settings, so only the server's answers are used (docs/facts/lakekeeper-auth.md §6). The version comes
 * first: with another version, a former pod has answered, and its other answers are not used.
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
 * Verifies that a catalog is what the settings ask for.
 *
 * @throws PermanentError if a setting was not honoured; Error, which is transient, while another version answers.
 */
export function verifyCatalog(expected: ExpectedCatalog, observed: ObservedCatalog): void {
  const [first] = mismatches(expected, observed);
  if (first === undefined) return;
  throw first.subject === 'version' ? new Error(first.message) : new PermanentError(first.message);
}

function versionMismatch({ image }: ExpectedCatalog, { info }: ObservedCatalog): Mismatch[] {
  const wanted = imageVersion(image);
  // The tag of a pre-release or a variant differs from the version that the server reports.
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
