import fc from 'fast-check';
import { mapValues } from '../../src/catalog/map-values.ts';
import { parsePlatform } from '../../src/platform/parse.ts';
import { type Platform, PlatformSchema } from '../../src/platform/platform-settings.ts';
import { UsageError } from '../../src/text/errors.ts';
import { anyInput, type Hints } from './any-input.ts';
import { anyText } from './arbitrary.ts';
import { otherStores } from './fleet.ts';

const oneOf = fc.constantFrom;
const addresses = oneOf('https://one.example.com', 'https://two.example.com:8443', 'http://three:9000');
const realms = oneOf('https://login.example.com/realm', 'https://two.example.com:8443');

const ranges = fc.oneof(
  oneOf('10.20.0.0/16', 'fd00::/8', 'FD00:0:0::1/128', '0.0.0.0/0', '10.20.1.5/16'),
  fc.ipV4().map((address) => `${address}/32`),
  fc.ipV6().map((address) => `${address}/128`),
  fc.tuple(fc.nat(255), fc.integer({ min: 16, max: 32 })).map(([part, length]) => `10.${part}.0.0/${length}`),
);
const quantities = fc.oneof(
  oneOf('0.5', '1.5Gi', '1024Mi', '1000m', 2, 0.25),
  fc.stringMatching(/^[0-9]{1,4}(\.[0-9]{1,2})?(m|k|M|Ki|Mi|Gi)?$/),
);

/** Names, places and templates from which catalogs can be derived. */
const hints: Hints = {
  values: {
    image: oneOf('quay.io/lakekeeper/catalog:v0.12.2', 'registry.example.com:5000/it:v0.13.0'),
    namespace: fc.oneof(
      fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,9}[a-z0-9])?$/),
      oneOf('{org}', '{name}', '{namespace}', 'n-{name}'),
    ),
    'argocd.namespaces.*': oneOf('ducks', 'oldfirstz', 'oldacmez'),
    name: fc.oneof(
      fc.stringMatching(/^[a-z]([a-z0-9-]{0,9}[a-z0-9])?$/),
      oneOf('{org}-x', 'm-{duckling}', 'zz-{name}'),
    ),
    host: oneOf('postgres.example.com', '10.0.0.7', '0x1F'),
    readHost: oneOf('replica.example.com', '10.0.0.8', '1e3'),
    user: fc.oneof(anyText, oneOf('u-{org}', 'someone')),
    database: fc.oneof(anyText, oneOf('d_{org}', '{duckling}', 'acme')),
    bucket: oneOf('bucket-{org}', 'lake', '0123'),
    filesystem: oneOf('files-{org}', 'lake', '0123'),
    accountName: oneOf('account', '0123'),
    region: oneOf('eu-central-1', '12', 'no'),
    keyPrefix: oneOf('{duckling}/{org}/x', '{name}', 'lakekeeper'),
    endpoint: addresses,
    stsEndpoint: addresses,
    'stsSessionTags.org': oneOf('{org}', '{name}/{duckling}', 'no', '007'),
    awsKmsKeyArn: oneOf('arn:aws:kms:eu-central-1:1:key/x', 'arn:aws-cn:kms:cn-north-1:1:alias/y'),
    scope: oneOf('openid profile', 'api://{org}/.default', "it's"),
    tabular: oneOf('{uuid}', '{name}-{uuid}'),
    'storageLayout.namespace': oneOf('{name}', '{uuid}'),
    authorityHost: addresses,
    schedule: fc.oneof(
      oneOf(
        '17 */6 * * *',
        '@hourly',
        '0 6-18/2,22 ? JAN-mar mon-FRI',
        '5-2 * * * *',
        '* * * * 7',
        '60 * * * *',
      ),
      fc.stringMatching(/^[0-9]{1,2}(-[0-9]{1,2})? [0-9*]{1,2}(\/[0-9])? [*?] [1-9*] [0-7*]$/),
    ),
    'repair.jitter': oneOf('1s', '5m'),
    'repair.deadline': oneOf('600s', '120m'),
    'rollout.stage': oneOf(0, 1),
    'rollout.image': oneOf('quay.io/lakekeeper/catalog:v0.13.3', 'registry.example.com:5000/it:v0.13.1'),
    relation: oneOf('tenants', 'app.tenants'),
    // Whether a table has the columns of a mapping is not for the settings.
    'source.mapping': oneOf('duckgres', { extends: 'duckgres', icebergEnabled: { constant: true } }),
    'warehouseDatabase.columns': oneOf(
      { catalogEndpoint: 'lake url', oauthServerURI: 'token_url' },
      { org: 'id', catalogEndpoint: 'url', oauthServerURI: 'token', catalogState: 'state' },
    ),
    timeZone: oneOf('Europe/Berlin', 'UTC', 'America/New_York', 'Etc/GMT+5', 'Nowhere/Else', 'Local'),
    kubernetesVersion: oneOf('1.34', '1.35', '1.36'),
    replicas: oneOf(0, 1, 2, 'external'),
    'tolerations.*.key': oneOf('dedicated', 'example.com/pool', 'a'),
    'matchExpressions.*.key': oneOf('dedicated', 'example.com/pool', 'a'),
    'values.*': oneOf('4', 'west', ''),
    'tolerations.*.value': oneOf('catalogs', '', '1.5'),
    'registration.pods.tolerations.*.value': oneOf('{org}', 'x-{name}', 'jobs'),
    'namespaces.*': oneOf('one', 'n-1'),
    topologyKey: oneOf('kubernetes.io/hostname', 'topology.kubernetes.io/zone'),
    'matchLabels.app': oneOf('it', '007'),
    'catalog.pods.labels.team': oneOf('data', 'x_y.z'),
    'registration.pods.labels.team': oneOf('data', '{org}', '{name}'),
    'catalog.pods.annotations.role': oneOf('some text', 'same'),
    'catalog.pods.annotations.any-text': anyText.filter((text) => !/[{}]/.test(text)),
    'repair.pods.annotations.role': oneOf('some text', 'same'),
    'repair.pods.annotations.any-text': anyText.filter((text) => !/[{}]/.test(text)),
    'catalog.pods.imagePullSecrets.*.name': oneOf('registry', 'a.mirror'),
    'nodeSelector.zone': oneOf('a', 'eu-1'),
    priorityClassName: oneOf('system-cluster-critical'),
    'configMap.name': oneOf('private-ca', 'a.b'),
    'secret.name': oneOf('private-ca', 'a.b', '{name}'),
    'trustedCertificates.secret.name': oneOf('private-ca', 'a.b'),
    cidr: ranges,
    fqdn: oneOf('s3.example.com', '*.s3.example.com', '{org}.*.example.com'),
    'except.*': fc.oneof(oneOf('10.20.1.0/24', 'fd00:1::/32'), ranges),
    'requests.cpu': quantities,
    'requests.memory': quantities,
    'limits.memory': quantities,
    'limits.example.com/gpu': oneOf(1, '2'),
    // One policy is for all orgs of a shared namespace.
    'operator.namespace': oneOf('operators', 'o-1'),
    'operator.podSelector.of': oneOf('it', 'the-operator'),
    'monitoring.*.namespace': oneOf('monitoring', 'm-1'),
    'monitoring.*.podSelector.of': oneOf('it', 'x_y'),
    'environment.HTTPS_PROXY': oneOf('http://10.9.0.7:3128', 'https://[fd00:9::7]'),
    baseURI: oneOf('https://{org}.example.com', 'http://{name}.{namespace}.svc:8080/x~{org}'),
    tokenURL: oneOf('http://127.0.0.1:1234/token', 'http://localhost:9876/x'),
    providerURI: fc.oneof(realms, oneOf('https://kubernetes.default.svc')),
    tokenEndpoint: realms,
    audience: oneOf('aud-{org}', 'x.{duckling}.{name}', '{namespace}/{org}'),
    'client.id': oneOf('registration-{org}', 'registration', '{name}: #'),
    cluster: oneOf('https://10.0.0.1:6443', 'http://kubernetes.example.com', 'in-cluster'),
    repoURL: oneOf('https://acme@dev.azure.com/a/My%20Project/_git/c', 'git@github.com:acme/catalogs.git'),
    'podSelector.app': oneOf('it', 'no', '007'),
    'podSelector.example.com/x_y': fc.stringMatching(/^[A-Za-z0-9._ -]{0,64}$/),
    'podSelector.of': oneOf('{org}', '{name}', '{duckling}', 'x-{duckling}'),
    'annotations.role': oneOf('arn:aws:iam::1:role/{org}', '{name}', '{duckling}\n{org}\n', 'same'),
    'annotations.any-text': fc.oneof(
      anyText,
      anyText.map((text) => `${text}{org}`),
    ),
  },
  keys: {
    requests: ['cpu', 'memory'],
    limits: ['memory', 'example.com/gpu'],
    environment: ['RUST_LOG', 'SSL_CERT_FILE', 'LAKEKEEPER__ALLOW_ORIGIN', 'HTTPS_PROXY'],
    stsSessionTags: ['org'],
    podSelector: ['app', 'of', 'example.com/x_y'],
    annotations: ['role', 'any-text'],
    labels: ['team'],
    nodeSelector: ['zone'],
    matchLabels: ['app'],
    metadataStores: ['external', 'cnpg-shard'],
    dataStores: ['s3bucket', 'external'],
    orgs: ['acme'],
  },
  adjust: (mapping) => withoutIdle(inOneSecret(mapping)),
};

/** Orgs that settings may have overrides for, the same for both. */
export const overridden = ['acme', 'globex'] as const;

/** By which the operator is: most settings do not go with the first, which is the default. */
const flavors = [{}, { amendments: true }, { flavor: 'fork' }];
type Input = Readonly<Record<string, object | undefined>>;
const anything = anyInput(PlatformSchema, hints) as fc.Arbitrary<Input>;
const inputs = fc.oneof(
  { weight: 9, arbitrary: anything },
  // So much has to be right beside the credentials of R2 that none is ever met by chance.
  {
    weight: 1,
    arbitrary: anything.map(
      (input): Input => ({
        ...input,
        dataStores: { ...input.dataStores, external: otherStores.r2.s3bucket },
      }),
    ),
  },
);

/** Any settings that are not refused: all that is optional is there or not. */
export const anySettings: fc.Arbitrary<Platform> = fc.oneof(
  ...flavors.map((flavor) =>
    inputs.map((input) => parsed(withFlavor(input, flavor))).filter((settings) => settings !== undefined),
  ),
);

function withoutCertificates(
  environment: Record<string, string> | undefined,
  { trustedCertificates }: Input,
) {
  const { SSL_CERT_FILE, SSL_CERT_DIR, ...others } = environment ?? {};
  return trustedCertificates === undefined ? environment : others;
}

/** Without what is refused so often beside others that little would be left. */
function withFlavor(input: Input, flavor: { readonly amendments?: boolean }): Input {
  const { operator, orgs, network, source, ...others } = input;
  const { acme } = (orgs ?? {}) as { readonly acme?: object };
  const { policies } = (network ?? {}) as { readonly policies?: string };
  const { environment, ...catalog } = (others.catalog ?? {}) as { environment?: Record<string, string> };
  const isAmended = flavor.amendments === true;
  const isProxied = isAmended && environment?.HTTPS_PROXY !== undefined;
  return {
    ...others,
    // A resource has no relation, and a mapping of its own.
    source: source && 'resource' in source ? { ...source, relation: undefined, mapping: 'duckling' } : source,
    monitoring: matched(others.monitoring, policies, false),
    trustedCertificates: isAmended ? others.trustedCertificates : undefined,
    // Confirmations have to fit the policies, and are for orgs that leave.
    retirement: undefined,
    catalog: isAmended
      ? { ...catalog, environment: withoutCertificates(environment, others) }
      : { ...catalog, pods: undefined },
    network: {
      ...mapValues({ ...network }, (list, name) =>
        matched(list, policies, name !== 'dns' && name !== 'apiServer'),
      ),
      ...(isProxied ? {} : { egressProxy: undefined }),
    },
    registration: { ...others.registration, arrangement: undefined },
    operator: { ...operator, flavor: undefined, amendments: undefined, ...flavor },
    orgs: acme && Object.fromEntries(overridden.map((org) => [org, acme])),
  };
}

/** The peers of a list that the policies can match; at least one. */
function matched(list: unknown, policies: string | undefined, hasNames: boolean): object | undefined {
  if (!Array.isArray(list)) return list as object | undefined;
  const peers = list.filter(
    (peer) =>
      (policies === 'cilium' || !('entity' in peer)) &&
      ((policies === 'cilium' && hasNames) || !('fqdn' in peer)),
  );
  return peers.length > 0 ? peers : [{ cidr: '192.0.2.0/24' }];
}

type Mapping = Readonly<Record<string, unknown>>;

/** The values of a credential are in one Secret. */
function inOneSecret(mapping: Mapping): Mapping {
  const [first] = Object.values(mapping).filter(isReference);
  return mapValues(mapping, (value) => (isReference(value) ? { ...first, key: value.key } : value));
}

function isReference(value: unknown): value is { readonly name: string; readonly key: string } {
  return typeof value === 'object' && value !== null && 'name' in value && 'key' in value;
}

/** Without what has no effect beside the rest of a data store. */
function withoutIdle(store: Mapping): object {
  const { stsEnabled, remoteSigningEnabled } = store;
  const vending = ['stsEndpoint', 'stsTokenValiditySeconds', 'stsSessionTags'];
  const idle = [...(stsEnabled ? [] : vending), ...(remoteSigningEnabled ? [] : ['remoteSigningUrlStyle'])];
  return Object.fromEntries(Object.entries(store).filter(([setting]) => !idle.includes(setting)));
}

function parsed(input: object): Platform | undefined {
  try {
    return parsePlatform('platform.yaml', input);
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}
