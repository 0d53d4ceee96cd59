import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { refuseSecrets } from '../../src/manifests/refuse-secrets.ts';
import { renderOrg, renderPlatform } from '../../src/manifests/render-files.ts';
import { synth } from '../../src/synth.ts';
import { baseSettings, catalog, platform } from '../support/fleet.ts';

const configMap = (value: unknown) => ({
  kind: 'ConfigMap',
  metadata: { name: 'settings' },
  data: { value },
});

describe('refused, without repeating it', () => {
  // Put together here, so that nobody who scans this repository for credentials finds one.
  test.each([
    [
      'a URL with a password',
      `postgres://admin:${'hunter2'}@db.example.com/lake`,
      'a URL with a password in it',
    ],
    [
      'a URL with a password in a longer text',
      `see https://a:${'hunter2'}@example.com for more`,
      'a URL with a password',
    ],
    ['a URL with a password and no user', `redis://:${'hunter2'}@cache`, 'a URL with a password'],
    ['a private key', `-----BEGIN ${'RSA'} PRIVATE KEY-----\nhunter2`, 'a private key'],
    ['a private key of another kind', `-----BEGIN ${'PRIVATE'} KEY-----\nhunter2`, 'a private key'],
    ['the id of an AWS key', `key AKIA${'HUNTER2HUNTER2AB'}!`, 'an AWS access key'],
    ['the id of a temporary AWS key', `ASIA${'HUNTER2HUNTER2AB'}`, 'an AWS access key'],
  ])('%s', (_, value, form) => {
    for (const object of [configMap(value), configMap([{ deep: [value] }])]) {
      const message = messageOf(() => refuseSecrets(object));
      expect(message).toContain(`would have written ${form}`);
      expect(message).toContain('ConfigMap settings');
      expect(message.toLowerCase()).not.toContain('hunter2');
    }
  });

  test('a Secret, whatever is in it', () => {
    const secret = {
      kind: 'Secret',
      metadata: { name: 'lakekeeper-acme' },
      stringData: { password: 'hunter2' },
    };
    const message = messageOf(() => refuseSecrets(secret));
    expect(message).toContain('the Secret lakekeeper-acme');
    expect(message).not.toContain('hunter2');
  });
});

describe('not refused', () => {
  test.each([
    ['a URL', 'https://login.example.com:8443/token?user=a@b'],
    ['a URL with a user alone', 'postgres://reader@db.example.com/lake'],
    ['an address with a port', 'http://lakekeeper-acme.lakekeeper.svc:8181/catalog'],
    ['a public certificate', '-----BEGIN CERTIFICATE-----'],
    ['an ARN', 'arn:aws:iam::123456789012:role/AKIAlike'],
    ['an image', 'registry.example.com:5000/it@sha256:abc'],
  ])('%s', (_, value) => {
    expect(() => refuseSecrets(configMap(value))).not.toThrow();
  });

  test('a reference to a Secret, which is what all of ours are', () => {
    const settings = platform();
    expect(() => renderOrg(catalog('acme', settings), settings)).not.toThrow();
    expect(() => renderPlatform(settings)).not.toThrow();
  });
});

test('rendering looks at every object', () => {
  const environment = { HTTPS_PROXY: `http://proxy:${'hunter2'}@proxy.example.com` };
  const parsed = platform({ operator: { amendments: true } });
  const settings = { ...parsed, catalog: { ...parsed.catalog, environment } };
  const message = messageOf(() => renderOrg(catalog('acme', settings), settings));
  expect(message).toContain('a URL with a password in it into ConfigMap lakekeeper-acme-amendments');
  expect(message).not.toContain('hunter2');
});

test('an org whose id looks like a credential costs itself its manifests, and nobody else', async () => {
  const ids = ['acme', `https://a:${'hunter2'}@example.com`, `AKIA${'HUNTER2HUNTER2AB'}`, 'initech'];
  const records = ids.map((id) => ({
    at: id,
    columns: {
      org_id: id,
      state: 'ready',
      iceberg_enabled: true,
      metadata_store_kind: 'external',
      metadata_store_endpoint: 'postgres.example.com',
      data_store_bucket_name: 'lake-bucket',
      duckling_name: 'duckling',
    },
  }));
  const settings = platform({
    dataStores: { s3bucket: { ...baseSettings.dataStores.s3bucket, keyPrefix: '{org}' } },
  });
  const out = await mkdtemp(join(tmpdir(), 'refuse-secrets-'));
  try {
    const { rendered } = await synth({
      records,
      platform: settings,
      ducklings: new Map(),
      out,
      check: true,
      allowRemoval: true,
    });
    expect(rendered.map(({ org }) => org)).toEqual(expect.arrayContaining(['acme', 'initech']));
  } finally {
    await rm(out, { recursive: true });
  }
});

function messageOf(action: () => void): string {
  try {
    action();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error('expected an error');
}
