import { describe, expect, test } from 'vitest';
import type { DataStore, S3DataStore } from '../../../../src/catalog/data-store-inputs.ts';
import { LakekeeperError } from '../../../../src/clients/lakekeeper/lakekeeper-errors.ts';
import { storeAdvice } from '../../../../src/registration/catalog/warehouse/store-refusals.ts';
import { lakekeeperRecordings } from '../../../contracts/lakekeeper-recordings.ts';
import { adls, gcs } from '../../../support/data-stores.ts';

const key = { namespace: 'n', name: 's', key: 'k' };
const keys = { type: 'accessKey', accessKeyId: key, secretAccessKey: key } as const;
const own: S3DataStore = {
  type: 's3',
  flavor: 's3-compat',
  bucket: 'acme-data',
  region: 'local-01',
  endpoint: 'https://minio.example:9000',
  keyPrefix: 'lakekeeper',
  stsEnabled: false,
  remoteSigningEnabled: false,
  credential: keys,
};
const { endpoint: _, ...withoutEndpoint } = own;
const aws: S3DataStore = { ...withoutEndpoint, flavor: 'aws', credential: { type: 'systemIdentity' } };

/** What the recorded server answered. */
function recorded(name: string): LakekeeperError {
  const all = Object.values(lakekeeperRecordings()).flatMap(({ exchanges }) => exchanges);
  const { status, body } = all.find((exchange) => exchange.name === name)?.response ?? {
    status: 0,
    body: {},
  };
  const { type, message } = (body as { error: { type: string; message: string } }).error;
  return new LakekeeperError(message, { status, type });
}

describe('where the server only says that it does not know, all causes are named, the likeliest first', () => {
  const orderIn = (text: string, words: readonly string[]) => {
    const places = words.map((word) => text.indexOf(word));
    expect(places, text).not.toContain(-1);
    expect(places, text).toEqual([...places].sort((a, b) => a - b));
  };
  test.each([
    'c5-host-unknown',
    'c5-tls-on-plain-port',
    'c5-endpoint-is-no-s3',
    'tls-56124',
    'create-unreachable',
  ])('%s: a store of its own: endpoint, DNS, TLS, network, credential', (name) => {
    const text = storeAdvice(recorded(name), own);
    orderIn(text, [
      'endpoint https://minio.example:9000',
      'DNS for minio.example',
      'certificate',
      'network ranges',
      'Secret',
    ]);
  });

  test('without TLS nothing is said of certificates', () => {
    const text = storeAdvice(recorded('c5-host-unknown'), { ...own, endpoint: 'http://minio:9000' });
    expect(text).not.toContain('certificate');
  });

  test.each<[string, DataStore, string[]]>([
    ['AWS by identity', aws, ['ServiceAccount', 'region local-01', 'network ranges', 'DNS', 'TLS']],
    [
      'AWS by keys',
      { ...aws, credential: keys },
      ['Secret', 'region local-01', 'network ranges', 'DNS', 'TLS'],
    ],
    ['Google Cloud', gcs, ['workloadIdentityUser', 'network ranges', 'DNS', 'TLS']],
    ['Azure', adls, ['Secret', 'network ranges', 'DNS', 'TLS']],
  ])('%s', (_name, store, words) => {
    orderIn(storeAdvice(recorded('create-system-identity-no-identity'), store), words);
  });
});

test.each([
  ['c5-unknown-key-id', /does not know the key id.*Secret/],
  ['c5-wrong-secret', /secret does not fit the key id/],
  ['c5-no-bucket', /the bucket acme-data does not exist/],
  ['c5-read-only', /may not write, read, list or delete below the prefix/],
  ['storage-sts-on-moto', /short-lived credentials cannot be issued.*stsEnabled: false/],
])('%s says what it is', (name, says) => {
  const error = recorded(name);
  expect(storeAdvice(error, own)).toMatch(says);
  expect(error.meaning.outcome).toBe('try again');
});

test('what is no refusal of a store keeps its own advice', () => {
  const error = new LakekeeperError('x', { status: 400, type: 'UpdateError' });
  expect(storeAdvice(error, own)).toBe(error.meaning.whatToDo);
});
