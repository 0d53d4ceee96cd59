import type { DataStore } from '../../../catalog/data-store-inputs.ts';
import type { LakekeeperError } from '../../../clients/lakekeeper/lakekeeper-errors.ts';

/**
 * What to check when the server could not use the data store. The server returns only the kind of the I/O error,
 * which is the same for a wrong endpoint, DNS, TLS and a missing identity (test/contracts/recordings/lakekeeper, c5-*
 * and tls-*).
 *
 * @returns the advice of the table of refusals, if the error is not of the data store.
 */
export function storeAdvice(error: LakekeeperError, store: DataStore): string {
  const { type, meaning } = error;
  switch (type) {
    case 'ConfigInvalid':
      return `the data store does not know the key id, or does not accept the request; ${keys(store)}`;
    case 'PermissionDenied':
      return (
        `${who(store)} may not write, read, list or delete below the prefix: check the policies of ` +
        `${bucket(store)} and of its owner`
      );
    case 'NotFound':
      return (
        `${bucket(store)} does not exist, or not at this endpoint or in this region; it is never created ` +
        'by registration'
      );
    case 'CredentialsExpired':
      return `${who(store)}: the credential has expired; ${keys(store)}`;
    case 'ShortTermCredentialError':
      return shortTerm(store);
    case 'Unexpected':
    case 'InitializeClientError':
    case 'RequestTimeout':
      return isSignature(error)
        ? `the secret does not fit the key id; ${keys(store)}`
        : `the server does not say why; check, from the catalog's pods: ${causes(store).join('; ')}`;
    default:
      return error.status === 408
        ? `the data store does not answer; check: ${causes(store).join('; ')}`
        : meaning.whatToDo;
  }
}

/** For a wrong secret, the message has that of the data store. */
function isSignature({ message }: LakekeeperError): boolean {
  return /signature/i.test(message);
}

/** The most likely cause first. */
function causes(store: DataStore): string[] {
  const isOwnEndpoint = store.type === 's3' && store.endpoint !== undefined;
  const network = 'the network ranges of the data store in the settings, which the NetworkPolicy is made of';
  if (isOwnEndpoint) {
    const { protocol, host } = new URL(store.endpoint ?? '');
    const tls = `its certificate: the authority has to be known to the catalog's pods, and the port has to speak TLS`;
    return [
      `the endpoint ${protocol}//${host} (host, port, http or https, path-style access)`,
      `DNS for ${host}`,
      ...(protocol === 'https:' ? [tls] : []),
      network,
      login(store),
    ];
  }
  const region = store.type === 's3' ? [`the region ${store.region}, where the bucket has to be`] : [];
  return [
    login(store),
    ...region,
    network,
    'DNS for the endpoint of the cloud',
    'TLS: a proxy that intercepts it',
  ];
}

function login(store: DataStore): string {
  return store.credential.type === 'systemIdentity' ? identity(store) : keysInSecret;
}

function identity({ type }: DataStore): string {
  const how = {
    s3: 'EKS Pod Identity or IRSA: its association or annotation, and that the pods were started after it was made',
    gcs: 'Workload Identity: its annotation, and the binding of roles/iam.workloadIdentityUser',
    adls: 'Workload Identity: the annotation and label, and the federated credential',
  };
  return `the identity of the catalog's ServiceAccount (${how[type]})`;
}

function keys({ credential }: DataStore): string {
  return credential.type === 'systemIdentity'
    ? "check the identity of the catalog's ServiceAccount"
    : `check ${keysInSecret}`;
}

const keysInSecret =
  "the Secret with the data store's credential (a new key may take a minute to be accepted)";

function who({ credential }: DataStore): string {
  return credential.type === 'systemIdentity'
    ? "the identity of the catalog's ServiceAccount"
    : "the data store's credential";
}

function bucket(store: DataStore): string {
  if (store.type === 'adls') return `the filesystem ${store.filesystem} of ${store.accountName}`;
  return `the bucket ${store.bucket}`;
}

function shortTerm(store: DataStore): string {
  if (store.type !== 's3') return `short-lived credentials cannot be issued; ${keys(store)}`;
  const role = store.stsRoleArn ?? store.assumeRoleArn;
  const trust = role === undefined ? 'the store has to offer STS' : `${role} has to trust ${who(store)}`;
  return `short-lived credentials cannot be issued: ${trust}, or set stsEnabled: false for the data store`;
}
