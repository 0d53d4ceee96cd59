import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Cloud } from '../support/lakekeeper-storage.ts';
import {
  credentialStatements,
  otherStoreStatements,
  sentCredentialStatements,
  storageStatements,
} from './lakekeeper-storage.ts';
import { when } from './when.ts';

/**
 * The behaviour of Lakekeeper that the product relies on, stated on the wire: a server's answers, not our client's.
 * It runs against the stand-in, and against a real server whose address is in LAKEKEEPER_URL.
 */
export interface ContractSubject {
  readonly url: string;
  /** One that the server accepts; undefined when its authentication is off. */
  readonly token: string | undefined;
  /** A profile and a credential that the server accepts; each warehouse lies in a prefix of its own. */
  readonly storage: { readonly profile: object; readonly credential: object };
  readonly stop: () => Promise<void>;
}

const clouds = ['aws', 'azure', 'gcp'] as const;

/** What is known of a server before it is asked; `undefined` leaves out the statements about it, and says so. */
export interface ContractParameters {
  readonly version: string | undefined;
  readonly hasAuthentication: boolean;
  readonly systemIdentities: readonly Cloud[] | undefined;
  /** Whether storage that nobody can reach is accepted. A real server tries it out. */
  readonly acceptsAnyStorage: boolean;
  /**
   * Whether it looks at the switches for identities: a real server does not when LAKEKEEPER__SKIP_STORAGE_VALIDATION
   * is on.
   */
  readonly checksIdentities: boolean;
}

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly headers: Headers;
  readonly text: string;
  // The content is whatever the server says; expectations look into it.
  readonly content: Record<string, unknown>;
}

/** What statements are made with. */
export interface Contract extends ContractParameters {
  /** Whether the server is older than 0.12. */
  readonly is011: boolean;
  /** First part of every name and prefix of this run. */
  readonly run: string;
  readonly subject: () => ContractSubject;
  call(method: string, path: string, body?: unknown, token?: string): Promise<Answer>;
  /** A prefix that no other warehouse has. */
  freePrefix(): string;
  /** Creates a warehouse, in the storage of the subject where nothing else is said. */
  create(
    warehouse: string,
    storage?: {
      readonly prefix?: string;
      readonly profile?: object;
      readonly credential?: object | null;
      readonly deleteProfile?: object;
    },
  ): Promise<Answer & { readonly id: string }>;
  listed(query?: string): Promise<Record<string, unknown>[]>;
}

export function lakekeeperContract(
  name: string,
  parameters: ContractParameters,
  start: () => Promise<ContractSubject>,
): void {
  const { version, hasAuthentication, systemIdentities, acceptsAnyStorage } = parameters;
  describe(`contract: ${name}`, () => {
    let subject: ContractSubject;
    const run = `contract-${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}`;
    const created: string[] = [];
    let prefixes = 0;
    const is011 = version?.startsWith('0.11.') ?? false;

    const call = async (
      method: string,
      path: string,
      body?: unknown,
      token: string | undefined = subject.token,
    ): Promise<Answer> => {
      const response = await fetch(`${subject.url}${path}`, {
        method,
        headers: {
          ...(token === undefined || token === '' ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      const content = asObject(text);
      const { type } = (content.error ?? {}) as { type?: unknown };
      return { status: response.status, type: String(type ?? ''), headers: response.headers, text, content };
    };
    const freePrefix = () => `${run}/${++prefixes}`;
    const create = async (
      warehouse: string,
      {
        prefix = freePrefix(),
        profile = {},
        credential = subject.storage.credential,
        deleteProfile,
      }: {
        readonly prefix?: string;
        readonly profile?: object;
        readonly credential?: object | null;
        readonly deleteProfile?: object;
      } = {},
    ) => {
      const answer = await call('POST', '/management/v1/warehouse', {
        'warehouse-name': warehouse,
        'storage-profile': { ...subject.storage.profile, 'key-prefix': prefix, ...profile },
        'storage-credential': credential,
        'delete-profile': deleteProfile,
      });
      const id = answer.content['warehouse-id'];
      if (typeof id === 'string') created.push(id);
      return { ...answer, id: String(id) };
    };
    const listed = async (query = '') => {
      const { content } = await call('GET', `/management/v1/warehouse${query}`);
      return content.warehouses as Record<string, unknown>[];
    };
    const contract: Contract = {
      ...parameters,
      is011,
      run,
      subject: () => subject,
      call,
      freePrefix,
      create,
      listed,
    };

    beforeAll(async () => {
      subject = await start();
    });
    afterAll(async () => {
      for (const id of created) await call('DELETE', `/management/v1/warehouse/${id}`);
      await subject.stop();
    });

    test('health needs no token', async () => {
      expect(await call('GET', '/health', undefined, '')).toMatchObject({ status: 200 });
    });

    test('info says version, authorizer, bootstrap and system identities', async () => {
      const { status, content } = await call('GET', '/management/v1/info');
      expect(status).toBe(200);
      expect(content).toMatchObject({
        bootstrapped: expect.any(Boolean),
        version: expect.any(String),
        'authz-backend': 'allow-all',
        'aws-system-identities-enabled': expect.any(Boolean),
        'azure-system-identities-enabled': expect.any(Boolean),
        'gcp-system-identities-enabled': expect.any(Boolean),
      });
      if (version !== undefined) expect(content.version).toBe(version);
      for (const cloud of systemIdentities === undefined ? [] : clouds)
        expect(content[`${cloud}-system-identities-enabled`]).toBe(systemIdentities?.includes(cloud));
    });

    when(hasAuthentication)('authentication on: no token and a wrong one are refused, with 401', async () => {
      for (const path of [
        '/management/v1/info',
        '/management/v1/warehouse',
        '/catalog/v1/config?warehouse=x',
      ]) {
        const missing = await call('GET', path, undefined, '');
        const wrong = await call('GET', path, undefined, 'not-a-token');
        expect([missing.status, wrong.status]).toEqual([401, 401]);
        if (version !== undefined)
          expect([missing.type, wrong.type]).toEqual(
            is011 ? ['', ''] : ['MissingAuthorizationHeader', 'AuthenticationFailed'],
          );
      }
    });

    when(!hasAuthentication)('authentication off: an anonymous request is answered', async () => {
      expect(await call('GET', '/management/v1/info', undefined, '')).toMatchObject({ status: 200 });
    });

    test('bootstrap without the terms is refused, done answers 204 or, the second time, 400', async () => {
      const terms = (accepted: boolean) => ({ 'accept-terms-of-use': accepted, 'is-operator': true });
      expect(await call('POST', '/management/v1/bootstrap', terms(false))).toMatchObject({
        status: 400,
        type: 'TermsOfUseNotAccepted',
      });
      const isDone = (await call('GET', '/management/v1/info')).content.bootstrapped === true;
      const first = await call('POST', '/management/v1/bootstrap', terms(true));
      if (!isDone) expect(first).toMatchObject({ status: 204, text: '' });
      expect(await call('POST', '/management/v1/bootstrap', terms(true))).toMatchObject({
        status: 400,
        type: 'CatalogAlreadyBootstrapped',
      });
      expect((await call('GET', '/management/v1/info')).content.bootstrapped).toBe(true);
    });

    test('a warehouse is created with 201, listed with its profile, and without its credential', async () => {
      const { status, id, text } = await create(`${run}-plain`, { prefix: `/${run}/plain/` });
      expect({ status, text }).toMatchObject({ status: 201 });
      const found = (await listed()).find((warehouse) => warehouse['warehouse-id'] === id);
      expect(found).toMatchObject({
        name: `${run}-plain`,
        status: 'active',
        'storage-profile': { type: 's3', 'key-prefix': `${run}/plain` },
      });
      const { 'aws-secret-access-key': secret } = subject.storage.credential as Record<string, unknown>;
      if (typeof secret === 'string') expect(JSON.stringify(found)).not.toContain(secret);
      if (version === undefined) return;
      const type = { type: 's3', 'credential-type': credentialType(subject.storage.credential) };
      expect(found?.['storage-credential-type']).toEqual(is011 ? undefined : type);
    });

    test('the same create again is refused for its place with 400, not for its name with 409', async () => {
      const prefix = freePrefix();
      await create(`${run}-twice`, { prefix });
      expect(await create(`${run}-twice`, { prefix })).toMatchObject({
        status: 400,
        type: 'CreateWarehouseStorageProfileOverlap',
      });
    });

    test('a name that is taken, in whatever case, is refused with 409 when the place is free', async () => {
      await create(`${run}-case`);
      expect(await create(`${run}-CASE`)).toMatchObject({ status: 409, type: 'WarehouseAlreadyExists' });
    });

    test('a place within another is refused with 400, one that only begins alike is not', async () => {
      const prefix = freePrefix();
      await create(`${run}-outer`, { prefix });
      expect(await create(`${run}-inner`, { prefix: `${prefix}/within` })).toMatchObject({
        status: 400,
        type: 'CreateWarehouseStorageProfileOverlap',
      });
      expect(await create(`${run}-neighbour`, { prefix: `${prefix}x` })).toMatchObject({ status: 201 });
    });

    test('an inactive warehouse is not listed, is found by its id, and cannot be attached', async () => {
      const { id } = await create(`${run}-sleeping`);
      const names = async () => (await listed()).map((warehouse) => warehouse.name);
      const one = () => call('GET', `/management/v1/warehouse/${id}`);
      expect(await call('POST', `/management/v1/warehouse/${id}/deactivate`)).toMatchObject({ status: 200 });
      expect(await names()).not.toContain(`${run}-sleeping`);
      expect(await one()).toMatchObject({ status: 200, content: { status: 'inactive' } });
      expect(await create(`${run}-sleeping`)).toMatchObject({ status: 409, type: 'WarehouseAlreadyExists' });
      expect(await call('POST', `/management/v1/warehouse/${id}/activate`)).toMatchObject({ status: 200 });
      expect(await one()).toMatchObject({ status: 200, content: { status: 'active' } });
      expect(await names()).toContain(`${run}-sleeping`);
    });

    test('a query for inactive ones is understood, or refused in plain text', async () => {
      const { id } = await create(`${run}-asked-for`);
      await call('POST', `/management/v1/warehouse/${id}/deactivate`);
      const { status, type, content } = await call(
        'GET',
        '/management/v1/warehouse?warehouseStatus=inactive',
      );
      expect([200, 400]).toContain(status);
      if (status === 400) expect({ type, content }).toEqual({ type: '', content: {} });
      else expect(JSON.stringify(content)).toContain(`${run}-asked-for`);
    });

    test('an active one may be served as inactive for a while, and then is attached', async () => {
      const { id } = await create(`${run}-woken`);
      const config = () => call('GET', `/catalog/v1/config?warehouse=${run}-woken`);
      await call('POST', `/management/v1/warehouse/${id}/deactivate`);
      await call('POST', `/management/v1/warehouse/${id}/activate`);
      await call('GET', `/management/v1/warehouse/${id}`);
      await expect.poll(async () => (await config()).status, { timeout: 90_000, interval: 1000 }).toBe(200);
    }, 100_000);

    test('catalog config: the id stands in defaults.prefix, the endpoint in overrides.uri', async () => {
      const { id } = await create(`${run}-config`);
      const { status, content } = await call('GET', `/catalog/v1/config?warehouse=${run}-config`);
      expect(status).toBe(200);
      expect(content).toMatchObject({
        defaults: { prefix: id },
        overrides: { uri: expect.stringMatching(/^https?:\/\/.+\/catalog$/) },
      });
      const unknown = await call('GET', `/catalog/v1/config?warehouse=${run}-unknown`);
      expect(unknown.status).toBe(404);
      if (version !== undefined)
        expect(unknown.type).toBe(is011 ? 'WarehouseNotFound' : 'NoSuchWarehouseException');
    });

    test('the management API is not under /catalog (incident 4)', async () => {
      expect(await call('GET', '/catalog/management/v1/info')).toMatchObject({ status: 404 });
    });

    storageStatements(contract);
    credentialStatements(contract);
    if (acceptsAnyStorage) {
      otherStoreStatements(contract);
      sentCredentialStatements(contract);
    }
  });
}

function asObject(text: string): Record<string, unknown> {
  try {
    return { ...JSON.parse(text) };
  } catch {
    return {};
  }
}

function credentialType(credential: object): unknown {
  return (credential as Record<string, unknown>)['credential-type'];
}
