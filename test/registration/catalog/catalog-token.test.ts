import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RegistrationInputs } from '../../../src/catalog/registration-inputs.ts';
import { kubernetesClient } from '../../../src/clients/kubernetes/kubernetes-client.ts';
import { tokenSource } from '../../../src/registration/catalog/catalog-token.ts';
import type { CredentialSources } from '../../../src/registration/resolve-credential.ts';
import { PermanentError } from '../../../src/text/errors.ts';
import { Redactions } from '../../../src/text/redactions.ts';
import { type KubernetesStandIn, startKubernetesStandIn } from '../../support/kubernetes-stand-in.ts';
import { listen } from '../../support/listen.ts';

/**
 * A provider that answers as Entra does, which wants a scope, and as Keycloak does, which knows some and needs none.
 */
const asked: URLSearchParams[] = [];
const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (chunk) => (body += chunk));
  request.on('end', () => {
    const form = new URLSearchParams(body);
    asked.push(form);
    const isTaken = request.url !== '/entra' || form.get('scope')?.endsWith('/.default');
    response.writeHead(isTaken ? 200 : 400, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(isTaken ? { access_token: 'token', token_type: 'Bearer' } : { error: 'invalid_scope' }),
    );
  });
});
let url: string;
let cluster: KubernetesStandIn;
beforeAll(async () => {
  cluster = await startKubernetesStandIn(['lakekeeper']);
  const data = { secret: Buffer.from('the secret').toString('base64') };
  cluster.put('secrets', { metadata: { namespace: 'lakekeeper', name: 'idp' }, data });
  url = `http://127.0.0.1:${await listen(server)}`;
});
afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
  server.closeAllConnections();
  server.close();
});

const sources = (mounted?: CredentialSources['files']) => ({
  kubernetes: kubernetesClient({
    server: cluster.server,
    options: async () => ({ headers: { authorization: 'Bearer admin-token' } }),
  }),
  environment: {},
  redactions: new Redactions(),
  files: mounted,
});

function token(path: string, scope?: string): Promise<string | undefined> {
  const authentication = {
    mode: 'openID',
    issuer: 'external',
    audience: 'lakekeeper-acme',
    tokenEndpoint: `${url}${path}`,
    ...(scope !== undefined && { scope }),
    client: { id: 'registration', secret: { namespace: 'lakekeeper', name: 'idp', key: 'secret' } },
  } as const;
  const inputs = { authentication } as RegistrationInputs;
  return tokenSource(inputs, sources(), undefined, AbortSignal.timeout(10_000))();
}

test('asks for the scope of the settings', async () => {
  expect(await token('/entra', 'api://lakekeeper/.default')).toBe('token');
  expect(Object.fromEntries(asked.at(-1) ?? [])).toEqual({
    grant_type: 'client_credentials',
    audience: 'lakekeeper-acme',
    scope: 'api://lakekeeper/.default',
  });
});

test('asks for none where the settings have none, and says what the provider answers', async () => {
  expect(await token('/keycloak')).toBe('token');
  expect(asked.at(-1)?.has('scope')).toBe(false);
  await expect(token('/entra')).rejects.toThrow(/status 400 \(invalid_scope\)/);
});

describe('a token of the ServiceAccount of the org', () => {
  const inputs = (name: string) =>
    ({
      catalog: { namespace: 'lakekeeper', name },
      authentication: { mode: 'kubernetes', audience: `audience-of-${name}` },
    }) as RegistrationInputs;
  const source = (name: string, mounted?: CredentialSources['files']) =>
    tokenSource(inputs(name), sources(mounted), undefined, AbortSignal.timeout(10_000));
  const requests = () => cluster.requests.filter(({ subresource }) => subresource === 'token').length;

  test('is requested outside of its Job, once, and again when the catalog refuses it', async () => {
    cluster.put('serviceaccounts', {
      metadata: { namespace: 'lakekeeper', name: 'lakekeeper-acme.register' },
    });
    const get = source('lakekeeper-acme');
    const expected = 'token-of-lakekeeper-acme.register-for-audience-of-lakekeeper-acme';
    expect([await get(), await get(), requests()]).toEqual([expected, expected, 1]);
    await get(expected);
    expect(requests()).toBe(2);
  });

  test('that may not be requested is an error with the right that is missing, and another way', async () => {
    await expect(source('lakekeeper-globex')()).rejects.toThrow(
      /ServiceAccount lakekeeper\/lakekeeper-globex\.register .*create serviceaccounts\/token.*audience-of-lakekeeper-globex with --token-file/,
    );
  });

  test.each([
    [403, PermanentError],
    [409, Error],
  ])('is refused with %i as the API server refuses', async (code, expected) => {
    const status = { message: 'User "a" cannot create resource "serviceaccounts/token"', code };
    cluster.faults.push(({ subresource }) =>
      subresource === 'token' ? { code, text: JSON.stringify(status) } : undefined,
    );
    const error = await source('lakekeeper-acme')().catch((caught: unknown) => caught);
    cluster.faults.length = 0;
    expect(error).toMatchObject({ constructor: expected });
    expect(String(error)).toContain('allow to create serviceaccounts/token');
  });

  test('is the mounted one in its Job', async () => {
    const mounted = { amendments: 'none', metadataStoreCA: 'none' };
    await expect(source('lakekeeper-acme', mounted)()).rejects.toThrow(
      'cannot read the token for the catalog from /var/run/secrets/lakekeeper/token',
    );
  });
});
