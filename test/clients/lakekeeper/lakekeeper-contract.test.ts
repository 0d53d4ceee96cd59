import { describe } from 'vitest';
import { lakekeeperContract } from '../../contracts/lakekeeper.ts';
import { startLakekeeper } from '../../support/lakekeeper-stand-in.ts';
import type { Cloud } from '../../support/lakekeeper-storage.ts';

const storage = {
  profile: {
    type: 's3',
    flavor: 's3-compat',
    bucket: 'contract-bucket',
    region: 'local-01',
    endpoint: 'http://127.0.0.1:9',
    'path-style-access': true,
    'sts-enabled': false,
    'remote-signing-enabled': false,
  },
  credential: {
    type: 's3',
    'credential-type': 'access-key',
    'aws-access-key-id': 'contract-id',
    'aws-secret-access-key': 'contract-secret',
  },
};

describe.each(['0.11.6', '0.12.2', '0.13.3'] as const)('stand-in for %s', (version) => {
  describe.each([false, true])('authentication %s', (hasAuthentication) => {
    const systemIdentities = hasAuthentication ? (['aws', 'gcp'] as const) : [];
    lakekeeperContract(
      'stand-in',
      { version, hasAuthentication, systemIdentities, acceptsAnyStorage: true, checksIdentities: true },
      async () => {
        const standIn = await startLakekeeper({
          version,
          systemIdentities,
          ...(hasAuthentication ? { tokens: ['good-token'] } : {}),
        });
        const token = hasAuthentication ? 'good-token' : undefined;
        return { url: standIn.url, token, storage, stop: standIn.stop };
      },
    );
  });
});

/**
 * LAKEKEEPER_URL runs the contract against a real server: it is bootstrapped, and warehouses `contract-…` come and
 * go. LAKEKEEPER_TOKEN says that authentication is on, LAKEKEEPER_VERSION what version it is to be,
 * LAKEKEEPER_IDENTITIES (as `aws,gcp`) which identities of clouds are switched on. The storage is LAKEKEEPER_STORAGE,
 * JSON with `profile` and `credential` (aws-… spelling); without it the server has to run with
 * LAKEKEEPER__SKIP_STORAGE_VALIDATION.
 */
const {
  LAKEKEEPER_URL: url,
  LAKEKEEPER_TOKEN: token,
  LAKEKEEPER_STORAGE: real,
  LAKEKEEPER_IDENTITIES: identities,
} = process.env;
if (url)
  lakekeeperContract(
    `the server at ${url}; its switches are as they are`,
    {
      version: process.env.LAKEKEEPER_VERSION || undefined,
      hasAuthentication: Boolean(token),
      systemIdentities: identities?.split(',').filter((cloud) => cloud !== '') as Cloud[] | undefined,
      acceptsAnyStorage: !real,
      checksIdentities: Boolean(real),
    },
    async () => ({
      url,
      token: token || undefined,
      storage: real ? JSON.parse(real) : storage,
      stop: async () => undefined,
    }),
  );
