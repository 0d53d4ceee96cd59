import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { registrationInputs } from '../../../src/catalog/registration-inputs.ts';
import { kubernetesClient } from '../../../src/clients/kubernetes/kubernetes-client.ts';
import { prepareServerChange } from '../../../src/registration/authentication/authentication-hook.ts';
import type { Registration } from '../../../src/registration/registration.ts';
import { recordOfRegistration } from '../../../src/registration/row/registration-record.ts';
import { Redactions } from '../../../src/text/redactions.ts';
import { catalog, platform } from '../../support/fleet.ts';
import { type KubernetesStandIn, startKubernetesStandIn } from '../../support/kubernetes-stand-in.ts';
import {
  type LakekeeperStandIn,
  type StandInSettings,
  startLakekeeper,
} from '../../support/lakekeeper-stand-in.ts';

const token = 'token-of-the-job';
const enforcedKey = 'lakekeeper-gitops/authentication';
const enforced = 'kubernetes lakekeeper-acme';
const catalogImage = { image: 'quay.io/lakekeeper/catalog:v0.13.3' };

let cluster: KubernetesStandIn;
let lakekeeper: LakekeeperStandIn;
let done: string[];
beforeEach(async () => {
  done = [];
  cluster = await startKubernetesStandIn(['lakekeeper', 'duckgres']);
  lakekeeper = await startLakekeeper({ version: '0.13.3', isBootstrapped: true });
});
afterEach(async () => {
  await cluster[Symbol.asyncDispose]();
  await lakekeeper.stop();
});

/** The hook of the org, whose resource has been applied with these annotations. */
async function hook(
  rollout: 'prepare' | 'enforce',
  annotations: object | undefined,
  endpoint = 'http://acme/catalog',
) {
  const settings = platform({
    operator: { amendments: true },
    catalog: catalogImage,
    authentication: { mode: 'kubernetes', rollout },
  });
  const inputs = registrationInputs(catalog('acme', settings), settings);
  if (annotations !== undefined)
    cluster.put('lakekeepers', {
      metadata: { namespace: 'lakekeeper', name: 'lakekeeper-acme', annotations },
    });
  const options = async () => ({ headers: { authorization: 'Bearer admin-token' } });
  const kubernetes = kubernetesClient({ server: cluster.server, options });
  const row = { ...recordOfRegistration(inputs, ''), iceberg_lakekeeper_endpoint: endpoint };
  const registration = {
    inputs,
    sources: { kubernetes, environment: {}, redactions: new Redactions() },
    row: { recorded: async () => row },
    log: { info: () => {}, warn: (text: string) => done.push(text) },
    onAction: ({ kind }: { kind: string }) => done.push(kind),
    signal: new AbortController().signal,
    token: async () => token,
    serverURL: lakekeeper.url,
  } as unknown as Registration;
  return prepareServerChange(registration).then(
    () => 'passed',
    (error: unknown) => String(error),
  );
}
const serve = (settings: StandInSettings) => {
  lakekeeper.settings = { ...lakekeeper.settings, ...settings };
};

describe('on the way to authentication', () => {
  test('an open server whose row has no token endpoint stays open', async () => {
    expect(await hook('enforce', {})).toMatch(/the catalog stays as it was: its row has no token endpoint/);
  });

  test('a catalog that is new, or whose org was never registered, begins with it', async () => {
    expect(await hook('enforce', undefined)).toBe('passed');
    expect(await hook('enforce', {}, '')).toBe('passed');
  });

  test('what is applied already is let through, and the server is not asked', async () => {
    expect(await hook('enforce', { [enforcedKey]: enforced })).toBe('passed');
    expect(lakekeeper.requests).toEqual([]);
  });

  test('a former release has no annotation: a server that accepts the token has it already', async () => {
    serve({ tokens: [token] });
    expect(await hook('enforce', {})).toBe('passed');
    serve({ tokens: ['another'] });
    expect(await hook('enforce', {})).toMatch(/refuses the tokens that the settings ask for/);
  });
});

describe('on the way back', () => {
  const warehouse = () => lakekeeper.warehouses[0];
  beforeEach(() => {
    lakekeeper.warehouses.push({
      id: '22222222-3333-4444-8555-666666666666',
      name: 'org-acme',
      isActive: true,
      profile: { type: 's3', bucket: 'lake', region: 'eu-central-1' },
      credential: undefined,
      managedBy: 'instance-admin',
    });
    serve({ tokens: [token], instanceAdmins: [token] });
  });

  test('the warehouse is unlocked while the server knows the Job, and protected instead', async () => {
    expect(await hook('prepare', { [enforcedKey]: enforced })).toBe('passed');
    expect(warehouse()).toMatchObject({ managedBy: 'self-managed', isProtected: true });
    expect(done).toEqual(['unlockWarehouse']);
  });

  test('a server in trouble is changed all the same', async () => {
    serve({ database: 'lost' });
    expect(await hook('prepare', { [enforcedKey]: enforced })).toBe('passed');
    expect(done).toEqual([expect.stringContaining('stays locked')]);
  });

  test('where it was prepared only, nothing is asked', async () => {
    expect(await hook('prepare', {})).toBe('passed');
    expect(lakekeeper.requests).toEqual([]);
  });
});
