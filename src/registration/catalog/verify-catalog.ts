import type { CloudIdentity } from '../../catalog/cloud-identity.ts';
import { type Lakekeeper, whileAsking } from '../../clients/lakekeeper/lakekeeper-client.ts';
import { PermanentError } from '../../text/errors.ts';
import { nameForMessage } from '../../text/printable.ts';

export interface Proven {
  /** What was asked for. */
  readonly authentication: 'none' | 'kubernetes' | 'openID';
  /** As `ensureWarehouse` found or made it. */
  readonly warehouse: { readonly id: string; readonly name: string };
  readonly catalogEndpoint: string;
  /** The cloud whose identity of the catalog's own pods the data store is reached with; undefined when it has a credential. */
  readonly systemIdentity: CloudIdentity['cloud'] | undefined;
  readonly image: string;
}

export interface ProofPorts {
  readonly lakekeeper: Pick<Lakekeeper, 'anonymousAccess' | 'info' | 'catalogConfig'>;
}

/**
 * Proves on the running server that it is what was asked for. The operator reports a catalog as ready that ignores half of its
 * settings, so only the server's own answers count (docs/facts/lakekeeper-auth.md §6). Writes nothing.
 *
 * @throws PermanentError when a setting was not honoured; any other error is transient: the server is busy, or still rolling out.
 */
export async function prove(expected: Proven, { lakekeeper }: ProofPorts): Promise<void> {
  await proveAuthentication(expected.authentication, lakekeeper);
  await proveInfo(expected, lakekeeper);
  await proveWarehouse(expected, lakekeeper);
}

/** The version of an image's tag, as the server says it; undefined when the tag is no version. */
export function versionOfImage(image: string): string | undefined {
  return /:v?(\d+\.\d+\.\d+)(?:@|$)/.exec(image)?.[1];
}

const ignoredAuthentication = {
  kubernetes:
    'spec.authentication.kubernetes was not honoured (the upstream operator writes it as LAKEKEEPER__K8S_AUTH_…, which the server does not read). Set operator.amendments: true, or use mode openID with issuer: cluster, or the fork of the operator',
  openID:
    "spec.authentication.openID was not honoured. Look whether the catalog's pods have LAKEKEEPER__OPENID_PROVIDER_URI, and whether they were restarted since it was set",
};

async function proveAuthentication(
  wanted: Proven['authentication'],
  lakekeeper: ProofPorts['lakekeeper'],
): Promise<void> {
  const access = await whileAsking('asking the catalog without a token', () => lakekeeper.anonymousAccess());
  if (wanted !== 'none' && access === 'open')
    throw new PermanentError(
      `the catalog is open to everyone although authentication was asked for: the operator's setting ${ignoredAuthentication[wanted]}. Nothing was registered`,
    );
  if (wanted === 'none' && access === 'refused')
    throw new PermanentError(
      'the catalog wants a token although authentication is off: its pods have settings for authentication that are not of lakekeeper-gitops. Nothing was registered; set authentication for the org, or remove those settings',
    );
}

async function proveInfo(
  { image, systemIdentity }: Proven,
  lakekeeper: ProofPorts['lakekeeper'],
): Promise<void> {
  const info = await whileAsking("asking the catalog for the server's own report", () => lakekeeper.info());
  const version = versionOfImage(image);
  // First, because the answers of a pod that is about to go say nothing about the others.
  if (version !== undefined && info.version.replace(/^v/, '') !== version)
    throw new Error(
      `the catalog runs version ${nameForMessage(info.version)}, and its image is ${nameForMessage(image)}; it is still rolling out, or the new pods do not start`,
    );
  if (info.authorizer !== 'allow-all')
    throw new PermanentError(
      `the catalog authorizes with ${nameForMessage(info.authorizer)}; expected allow-all, which is all that the operator can set up. Nothing was registered; remove the environment that says otherwise from the catalog's pods`,
    );
  if (systemIdentity !== undefined && !info.systemIdentities.includes(systemIdentity))
    throw new PermanentError(
      `the catalog does not use the ${systemIdentity} identity of its pods although the data store's credential is systemIdentity: the operator's setting spec.server.storageSystemCredentials was not honoured (no Lakekeeper version reads what the upstream operator writes for it). Nothing was registered; set operator.amendments: true, or use the fork of the operator`,
    );
}

async function proveWarehouse(
  { warehouse, catalogEndpoint }: Proven,
  lakekeeper: ProofPorts['lakekeeper'],
): Promise<void> {
  const name = nameForMessage(warehouse.name);
  const { prefix, uri } = await whileAsking(`attaching the Lakekeeper warehouse ${name}`, () =>
    lakekeeper.catalogConfig(warehouse.name),
  );
  if (prefix !== warehouse.id)
    throw new PermanentError(
      `the catalog takes ${name} for the warehouse ${nameForMessage(prefix ?? 'without an id')}; expected ${warehouse.id}. Nothing was registered; look whether the server URL leads to the org's own catalog`,
    );
  if (uri !== catalogEndpoint)
    throw new PermanentError(
      `the catalog sends engines to ${nameForMessage(uri ?? 'no URL')}; expected ${nameForMessage(catalogEndpoint)}. Nothing was registered; its LAKEKEEPER__BASE_URI (spec.server.baseURI) is not the one in Git`,
    );
}
