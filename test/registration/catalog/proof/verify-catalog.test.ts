import { describe, expect, test } from 'vitest';
import { connectLakekeeper } from '../../../../src/clients/lakekeeper/lakekeeper-client.ts';
import { observeConfig, observeServer } from '../../../../src/registration/catalog/proof/observe.ts';
import {
  type ExpectedCatalog,
  verifyCatalog,
} from '../../../../src/registration/catalog/proof/verify-catalog.ts';
import { PermanentError } from '../../../../src/text/errors.ts';
import { Redactions } from '../../../../src/text/redactions.ts';
import { type StandInSettings, startLakekeeper } from '../../../support/lakekeeper-stand-in.ts';

const baseURI = 'http://lakekeeper-acme.lakekeeper.svc:8181';

/** Proves a catalog that is as desired, but for what is given. @returns the error, if any. */
async function proof(
  server: StandInSettings = {},
  expected: Partial<ExpectedCatalog> = {},
  warehouse: { readonly id?: string; readonly isActive?: boolean } = {},
): Promise<unknown> {
  const standIn = await startLakekeeper({ baseURI, systemIdentities: ['aws'], ...server });
  const id = '11111111-2222-3333-4444-555555555555';
  const { isActive = true } = warehouse;
  standIn.warehouses.push({ id, name: 'org-acme', isActive, profile: {}, credential: undefined });
  const lakekeeper = connectLakekeeper({
    serverURL: standIn.url,
    token: async () => server.tokens?.[0],
    redactions: new Redactions(),
  });
  const wanted: ExpectedCatalog = {
    authentication: server.tokens ? 'openID' : 'none',
    catalogEndpoint: `${baseURI}/catalog`,
    systemIdentity: 'aws',
    image: 'quay.io/lakekeeper/catalog:v0.12.2',
    ...expected,
  };
  try {
    const asksWithToken = wanted.authentication !== 'none';
    const observed = await observeServer(lakekeeper, { asksWithToken });
    verifyCatalog(wanted, observed);
    const config = await observeConfig(lakekeeper, 'org-acme');
    verifyCatalog(wanted, { ...observed, warehouse: { id: warehouse.id ?? id, name: 'org-acme' }, config });
    expect(standIn.writes()).toEqual([]);
    return undefined;
  } catch (error) {
    return error;
  } finally {
    await standIn.stop();
  }
}
const message = (error: unknown) => (error instanceof Error ? error.message : '');

test.each([undefined, ['good-token']])('a catalog as desired is proven, tokens %j', async (tokens) => {
  for (const version of ['0.11.6', '0.12.2', '0.13.3'] as const)
    expect(
      await proof({ version, ...(tokens && { tokens }) }, { image: `catalog:v${version}` }),
    ).toBeUndefined();
});

describe('what was not honoured is permanent, and the message says the setting', () => {
  test.each([
    ['kubernetes', 'spec.authentication.kubernetes'],
    ['openID', 'spec.authentication.openID'],
  ] as const)('%s: open although authentication was asked for', async (authentication, setting) => {
    const error = await proof({}, { authentication });
    expect(error).toBeInstanceOf(PermanentError);
    expect(message(error)).toContain(`${setting} was not honoured`);
    expect(message(error)).toContain('Nothing was registered');
  });

  test.each<[string, StandInSettings, Partial<ExpectedCatalog>, RegExp]>([
    [
      'closed though authentication is off',
      { tokens: ['good-token'] },
      { authentication: 'none' },
      /requires a token/,
    ],
    ['another authorizer', { authorizer: 'openfga' }, {}, /authorizes with openfga/],
    ['no system identity', { systemIdentities: ['azure'] }, {}, /storageSystemCredentials was not honoured/],
    [
      'another base URI',
      { baseURI: 'http://else' },
      {},
      /to http:\/\/else\/catalog; expected http:\/\/lakekeeper-acme/,
    ],
    ['no default project', { hasDefaultProject: false }, {}, /has no default project/],
  ])('%s', async (_, server, expected, says) => {
    const error = await proof(server, expected);
    expect(error).toBeInstanceOf(PermanentError);
    expect(message(error)).toMatch(says);
    expect(message(error)).toContain('Nothing was registered');
  });
});

test("the identity that is used is the one of the data store's cloud", async () => {
  for (const systemIdentity of ['azure', 'gcp'] as const) {
    expect(await proof({ systemIdentities: [systemIdentity] }, { systemIdentity })).toBeUndefined();
    const error = await proof({ systemIdentities: ['aws'] }, { systemIdentity });
    expect(error).toBeInstanceOf(PermanentError);
    expect(message(error)).toContain(`does not use the ${systemIdentity} identity of its pods`);
  }
});

test('system identities do not matter to a data store with keys', async () => {
  expect(await proof({ systemIdentities: ['azure'] }, { systemIdentity: undefined })).toBeUndefined();
});

test('another warehouse of the name is permanent', async () => {
  const error = await proof({}, {}, { id: 'other-id' });
  expect(error).toBeInstanceOf(PermanentError);
  expect(message(error)).toMatch(/expected other-id. Nothing was registered/);
});

test('a warehouse that is not served is no failure for good', async () => {
  const error = await proof({}, {}, { isActive: false });
  expect(error).not.toBeInstanceOf(PermanentError);
  expect(message(error)).toMatch(/waiting until the Lakekeeper warehouse org-acme is served/);
});

test('another version is reported first: other answers of such a server do not count', async () => {
  const error = await proof({ version: '0.11.6' }, { authentication: 'kubernetes' });
  expect(error).not.toBeInstanceOf(PermanentError);
  expect(message(error)).toMatch(/runs version 0\.11\.6/);
});

test.each([undefined, ['good-token']])(
  'the server is asked as little as can be, tokens %j',
  async (tokens) => {
    const standIn = await startLakekeeper({ ...(tokens && { tokens }) });
    const token = tokens?.[0];
    const lakekeeper = connectLakekeeper({
      serverURL: standIn.url,
      token: async () => token,
      redactions: new Redactions(),
    });
    await observeServer(lakekeeper, { asksWithToken: tokens !== undefined });
    expect(standIn.requests.map(({ authorization }) => authorization)).toEqual(
      token === undefined ? [undefined] : [undefined, `Bearer ${token}`],
    );
    await standIn.stop();
  },
);

test('another version is a rollout that is not over, so trying again helps', async () => {
  const error = await proof({ version: '0.11.6', authorizer: 'openfga' });
  expect(error).not.toBeInstanceOf(PermanentError);
  expect(message(error)).toMatch(/runs version 0\.11\.6, and its image is quay.io/);
});

test('no version is expected of an image whose tag does not state the whole version', async () => {
  for (const image of ['catalog:main', 'catalog@sha256:abc', 'catalog:v0.13.0-rc.1'])
    expect(await proof({ version: '0.11.6' }, { image })).toBeUndefined();
});
