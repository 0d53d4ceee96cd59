import { expect } from 'vitest';
import type { Schema } from '../support/crd.ts';

// Sections 2 and 3 of docs/facts/lakekeeper-crd.md: path | type | required | constraint | default.
// A key selector (SKS) stands for its three fields. A constraint in words is explained in `forms` below.
const facts = `
§2.1 top level
spec                                             | object            | no  |                     |
spec.image                                       | string            | yes | min length 1        |
spec.replicas                                    | int32             | no  | ≥ 0                 | 1
spec.resources                                   | object            | no  |                     |
spec.resources.limits                            | map               | no  |                     |
spec.resources.limits.cpu                        | quantity          | no  | quantity            |
spec.resources.requests                          | map               | no  |                     |
spec.resources.requests.cpu                      | quantity          | no  | quantity            |
spec.resources.claims                            | list map          | no  |                     |
spec.resources.claims[0]                         | object            | no  |                     |
spec.resources.claims[0].name                    | string            | yes |                     |
spec.resources.claims[0].request                 | string            | no  |                     |
spec.database                                    | object            | yes |                     |
spec.authorization                               | object            | yes |                     |
spec.server                                      | object            | no  |                     |
spec.secretStore                                 | object            | no  |                     |
spec.authentication                              | object            | no  |                     |
spec.idempotency                                 | object            | no  |                     |
spec.taskQueues                                  | object            | no  |                     |
spec.requestLimits                               | object            | no  |                     |
spec.ssl                                         | object            | no  |                     |
spec.bootstrap                                   | object            | no  |                     |
§2.2 spec.database
spec.database.type                               | string            | yes | enum postgres       |
spec.database.postgres                           | object            | no  |                     |
spec.database.postgres.host                      | string            | yes | min length 1        |
spec.database.postgres.port                      | int32             | no  | 1–65535             | 5432
spec.database.postgres.database                  | string            | yes | min length 1        |
spec.database.postgres.user                      | string            | no  |                     |
spec.database.postgres.userSecretRef             | SKS               | no  |                     |
spec.database.postgres.passwordSecretRef         | SKS               | yes |                     |
spec.database.postgres.encryptionKeySecretRef    | SKS               | yes |                     |
spec.database.postgres.readHost                  | string            | no  |                     |
spec.database.postgres.maxConnections            | int32             | no  | ≥ 1                 |
spec.database.postgres.minIdleConnections        | int32             | no  | ≥ 0                 |
spec.database.postgres.connectionTimeout         | string            | no  | digits + s m h      |
spec.database.postgres.sslMode                   | string            | no  | enum disable allow prefer require verify-ca verify-full | require
spec.database.postgres.sslRootCertSecretRef      | SKS               | no  |                     |
§2.3 spec.server
spec.server.baseURI                              | string            | no  | http(s) URL         |
spec.server.listenPort                           | int32             | no  | 1–65535             | 8181
spec.server.metricsPort                          | int32             | no  | 1–65535             | 9000
spec.server.enableDefaultProject                 | bool              | no  |                     | true
spec.server.pagination                           | object            | no  |                     |
spec.server.pagination.defaultSize               | int32             | no  | ≥ 1                 | 25
spec.server.pagination.maxSize                   | int32             | no  | ≥ 1                 | 500
spec.server.cors                                 | object            | no  |                     |
spec.server.cors.allowOrigins                    | list of string    | no  |                     |
spec.server.cors.allowHeaders                    | list of string    | no  |                     |
spec.server.cors.allowMethods                    | list of string    | no  |                     |
spec.server.reservedNamespaces                   | list of string    | no  |                     |
spec.server.storageSystemCredentials             | object            | no  |                     |
spec.server.storageSystemCredentials.enableAWS   | bool              | no  |                     |
spec.server.storageSystemCredentials.enableAzure | bool              | no  |                     |
spec.server.storageSystemCredentials.enableGCP   | bool              | no  |                     |
spec.server.storageSystemCredentials.aws         | object            | no  |                     |
spec.server.storageSystemCredentials.aws.assumeRoleRequireExternalID  | bool | no |              | false
spec.server.storageSystemCredentials.aws.allowDirectSystemCredentials | bool | no |              | true
spec.server.storageSystemCredentials.azure       | object            | no  |                     |
spec.server.storageSystemCredentials.azure.allowManagedIdentity       | bool | no |              | true
spec.server.storageSystemCredentials.azure.allowWorkloadIdentity      | bool | no |              | true
spec.server.storageSystemCredentials.gcp         | object            | no  |                     |
spec.server.storageSystemCredentials.gcp.allowWorkloadIdentity        | bool | no |              | true
spec.server.storageSystemCredentials.gcp.allowServiceAccountKey       | bool | no |              | false
§2.4 spec.secretStore
spec.secretStore.type                            | string            | no  | enum postgres vault-kv2 | postgres
spec.secretStore.vaultKV2                        | object            | no  |                     |
spec.secretStore.vaultKV2.url                    | string            | yes | http(s) URL, no path |
spec.secretStore.vaultKV2.user                   | string            | no  |                     |
spec.secretStore.vaultKV2.userSecretRef          | SKS               | no  |                     |
spec.secretStore.vaultKV2.passwordSecretRef      | SKS               | yes |                     |
spec.secretStore.vaultKV2.secretMount            | string            | yes | min length 1        |
§2.5 spec.authentication
spec.authentication.openID                       | object            | no  |                     |
spec.authentication.openID.providerURI           | string            | yes | https URL           |
spec.authentication.openID.audience              | string            | yes | min length 1        |
spec.authentication.openID.subjectClaim          | string            | no  |                     | sub
spec.authentication.openID.rolesClaim            | string            | no  |                     | roles
spec.authentication.openID.scopes                | list of string    | no  |                     |
spec.authentication.kubernetes                   | object            | no  |                     |
spec.authentication.kubernetes.enabled           | bool              | yes |                     | false
spec.authentication.kubernetes.audiences         | list of string    | no  |                     |
spec.authentication.kubernetes.acceptLegacyTokens | bool             | no  |                     | false
§2.6 spec.authorization
spec.authorization.backend                       | string            | yes | enum allowall openfga cedar |
spec.authorization.openFGA                       | object            | no  |                     |
spec.authorization.openFGA.endpoint              | string            | yes | http(s) URL, no path |
spec.authorization.openFGA.storeName             | string            | yes | min length 1        |
spec.authorization.openFGA.authorizationModelVersion | string        | no  |                     |
spec.authorization.openFGA.clientID              | string            | no  |                     |
spec.authorization.openFGA.clientSecretRef       | SKS               | no  |                     |
spec.authorization.cedar                         | object            | no  |                     |
spec.authorization.cedar.policySource            | string            | yes | min length 1        |
spec.authorization.cedar.entitySource            | string            | yes | min length 1        |
spec.authorization.cedar.userDerivations         | map               | no  |                     |
spec.authorization.cedar.userDerivations.cpu     | string            | no  |                     |
§2.7 remaining objects
spec.idempotency.enabled                         | bool              | no  |                     | true
spec.idempotency.lifetime                        | string            | no  | ISO-8601 duration   | PT30M
spec.idempotency.gracePeriod                     | string            | no  | ISO-8601 duration   |
spec.idempotency.cleanupTimeout                  | string            | no  | ISO-8601 duration   |
spec.taskQueues.pollInterval                     | string            | no  | digits + ms s       |
spec.taskQueues.tabularExpirationWorkers         | int32             | no  | ≥ 1                 |
spec.taskQueues.tabularPurgeWorkers              | int32             | no  | ≥ 1                 |
spec.taskQueues.expireSnapshotsWorkers           | int32             | no  | ≥ 1                 |
spec.requestLimits.maxRequestBodySize            | string            | no  | digits + [K M G T] + B |
spec.requestLimits.maxRequestTime                | string            | no  | digits + s m h      |
spec.ssl.certFileSecretRef                       | SKS               | no  |                     |
spec.ssl.certDirConfigMapRef                     | SKS               | no  |                     |
spec.bootstrap.enabled                           | bool              | no  |                     |
spec.bootstrap.checkInterval                     | string            | no  | Go duration         | 15s
§3 status
status                                           | object            | no  |                     |
status.conditions                                | list              | no  |                     |
status.conditions[0]                             | object            | no  |                     |
status.conditions[0].type                        | string            | yes | condition type, max length 316 |
status.conditions[0].status                      | string            | yes | enum True False Unknown |
status.conditions[0].reason                      | string            | yes | condition reason, min length 1, max length 1024 |
status.conditions[0].message                     | string            | yes | max length 32768    |
status.conditions[0].lastTransitionTime          | date-time         | yes |                     |
status.conditions[0].observedGeneration          | int64             | no  | ≥ 0                 |
status.bootstrappedAt                            | date-time         | no  |                     |
status.serverID                                  | string            | no  |                     |
status.migrationJob                              | string            | no  |                     |
status.observedGeneration                        | int64             | no  |                     |
status.replicas                                  | int32             | no  |                     |
status.readyReplicas                             | int32             | no  |                     |
`;

const subsets = (parts: string[]) =>
  parts.reduce((all, part) => all.concat(all.map((some) => some + part)), ['']);
const dates = subsets(['1Y', '2M', '3D']);
const times = subsets(['4H', '5M', '6.5S']).map((time) => (time === '' ? '' : `T${time}`));
const durations = dates
  .flatMap((date) => times.map((time) => `P${date}${time}`))
  .filter((all) => all !== 'P');

// Also refused for each of these: nothing at all, and blanks or a line break around what is accepted, except after a
// path, which may be anything.
const forms: Record<string, { accepted: string; refused: string }> = {
  'digits + s m h': { accepted: '0s 5s 10m 24h', refused: '5 s 5ms 5d 1h30m 1.5s -5s' },
  'digits + ms s': { accepted: '0s 500ms 10s', refused: '10 ms 10m 10h 1s500ms 1.5s' },
  'digits + [K M G T] + B': {
    accepted: '1024B 1KB 32MB 2GB 1TB',
    refused: '1024 B MB 32M 32MiB 32mb 1PB 1.5MB 1KMB',
  },
  'http(s) URL': {
    accepted:
      'http://a https://A-1.example.com https://a:8181 https://a/ http://10.0.0.1:80/catalog/v1 ' +
      'https://a/%20~x https://a:123456 https://a/?q https://a/#f',
    refused: `a //a ftp://a HTTP://a https:// https:///x https://a_b https://[::1] https://u:p@a https://a: https://a:x
      https://a?q xhttps://a`,
  },
  'http(s) URL, no path': {
    accepted: 'http://a https://A.b-c.d http://openfga.auth.svc:8081',
    refused:
      'a:8081 grpc://a https://a/ https://a:1/x https://a_b https://[::1]:1 https://u@a https://a: ' +
      'https://a?q xhttp://a',
  },
  'https URL': {
    accepted: 'https://a https://a:8443 https://a/ https://login.example.com:443/realms/x https://a/?q',
    refused: 'a http://a https:// https://a_b https://[::1] https://u@a https://a: https://a?q xhttps://a',
  },
  'ISO-8601 duration': {
    accepted: `P PT PT0S PT30M P1DT ${durations.join(' ')}`,
    refused: '30M T30M PT30 PT30m pt30m P30H PT1D PT1M1H P1D1M P2W P1WT1H PT1.5M PT1.S -PT1M',
  },
  'Go duration': {
    accepted: '0s 15s 1m 2h45m 1.5h 100ms 10us 10µs 5ns',
    refused: '15 s 1d 15S 1.h .5s -15s 1h-5m PT15S',
  },
  quantity: { accepted: '1 500m 0.5 1Gi 1e3 128974848', refused: 'Gi 1GB x 1Ki2' },
  'condition type': {
    accepted: 'Ready example.com/Ready a.b_c-D',
    refused: '-Ready Ready- Example.com/Ready a/b/c /a',
  },
  'condition reason': { accepted: 'Healthy A a_b,c:d_', refused: '1A A-b A: _A' },
};

interface Field {
  readonly path: string;
  readonly type: string;
  readonly required: boolean;
  readonly constraints: readonly string[];
  readonly defaultValue: unknown;
}

/** The fields of a Lakekeeper, of the table. */
export const fields = facts
  .split('\n')
  .filter((line) => line.includes('|'))
  .flatMap((line): Field[] => {
    const [path = '', type = '', required, constraint = '', given = ''] = line
      .split('|')
      .map((cell) => cell.trim());
    const constraints = constraint === '' || forms[constraint] ? [constraint] : constraint.split(', ');
    const field = {
      path,
      type,
      required: required === 'yes',
      constraints: constraints.filter((word) => word !== ''),
      defaultValue: given === '' ? undefined : /^(\d+|true|false)$/.test(given) ? JSON.parse(given) : given,
    };
    if (type !== 'SKS') return [field];
    const part = { required: false, constraints: [], defaultValue: undefined };
    return [
      { ...field, type: 'key selector' },
      { ...part, path: `${path}.key`, type: 'string', required: true },
      { ...part, path: `${path}.name`, type: 'string', defaultValue: '' },
      { ...part, path: `${path}.optional`, type: 'bool' },
    ];
  });

/** For each type of the table: its schema, a value of it that is no default, and values that are not of it. */
export const types: Record<string, { schema: Schema; example?: unknown; foreign: readonly unknown[] }> = {
  string: { schema: { type: 'string' }, example: 'x', foreign: [1, true, [], {}] },
  'date-time': {
    schema: { type: 'string', format: 'date-time' },
    example: '2026-01-02T03:04:05Z',
    foreign: [1, true, [], {}, '', 'now', '2026-01-02', '2026-13-02T03:04:05Z'],
  },
  bool: { schema: { type: 'boolean' }, example: true, foreign: ['true', 0, [], {}] },
  int32: {
    schema: { type: 'integer', format: 'int32' },
    example: 7,
    foreign: ['1', 1.5, true, [], {}, 2 ** 31],
  },
  int64: { schema: { type: 'integer', format: 'int64' }, example: 7, foreign: ['1', 1.5, true, [], {}] },
  object: { schema: { type: 'object' }, foreign: ['a', 1, true, []] },
  'key selector': {
    schema: { type: 'object', 'x-kubernetes-map-type': 'atomic' },
    foreign: ['a', 1, true, []],
  },
  map: { schema: { type: 'object' }, foreign: ['a', 1, true, []] },
  'list of string': {
    schema: { type: 'array', items: { type: 'string' } },
    example: ['a', 'b'],
    foreign: ['a', {}, [1], [{}], [['a']]],
  },
  list: { schema: { type: 'array' }, foreign: ['a', {}, ['a'], [1]] },
  'list map': {
    schema: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': [expect.any(String)],
    },
    foreign: ['a', {}, ['a'], [1]],
  },
  quantity: {
    schema: { anyOf: [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true },
    example: 1,
    foreign: [true, 1.5, [], {}],
  },
};

interface Limits {
  readonly keywords: Schema;
  readonly accepted: readonly unknown[];
  readonly refused: readonly unknown[];
}
/** For a constraint of the table, the keywords that state it, and values on either side of it. */
export function limits(constraint: string): Limits {
  const [word = '', ...values] = constraint.split(' ');
  const numbers = constraint.match(/\d+/g)?.map(Number) ?? [];
  const [first = Number.NaN, last = Number.NaN] = numbers;
  const form = forms[constraint];
  if (form) {
    const accepted = form.accepted.split(' ');
    const wrapped = accepted.flatMap((value) => [
      ` ${value}`,
      `${value}\n`,
      ...(/:\/\/.*\//.test(value) ? [] : [`${value} `, `${value} ${value}`]),
    ]);
    const refused = ['', ...wrapped, ...form.refused.split(/\s+/)];
    return { keywords: { pattern: expect.any(String) }, accepted, refused };
  }
  const long = (length: number) => 'a'.repeat(length);
  switch (word === 'min' || word === 'max' ? `${word} length` : word) {
    case 'enum':
      return { keywords: { enum: values }, accepted: values, refused: ['', 'other', `${values[0]} `] };
    case '≥':
      return { keywords: { minimum: first }, accepted: [first, 2 ** 31 - 1], refused: [first - 1] };
    case 'min length':
      return { keywords: { minLength: first }, accepted: [long(first)], refused: [long(first - 1)] };
    case 'max length':
      return { keywords: { maxLength: first }, accepted: [long(first)], refused: [long(first + 1)] };
    case `${first}–${last}`:
      return {
        keywords: { minimum: first, maximum: last },
        accepted: [first, last],
        refused: [first - 1, last + 1],
      };
  }
  throw new Error(`the table has a constraint that is not explained: ${constraint}`);
}
