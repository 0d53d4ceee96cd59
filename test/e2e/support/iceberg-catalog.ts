import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen } from '../../support/listen.ts';

export interface TokenRequest {
  /** Fields of the form; the client's id and secret too, however they came. */
  readonly [field: string]: string;
}

export interface IcebergCatalog extends AsyncDisposable {
  /** What engines attach: `http://127.0.0.1:1234/catalog`. */
  readonly endpoint: string;
  readonly tokenEndpoint: string;
  readonly tokenRequests: TokenRequest[];
  /** Paths of the catalog that were asked for with a token that counts, or without authentication. */
  readonly paths: string[];
  /** From now on only these tokens count, and those that the provider gives; undefined: no authentication. */
  expect(tokens: readonly string[] | undefined): void;
}

const prefix = '3f3f3f3f-0000-0000-0000-000000000001';

/**
 * An Iceberg REST catalog with a namespace and a table in it, as far as attaching and listing go, and an OpenID
 * provider that refuses a scope which it does not know, as Keycloak does.
 */
export async function startIcebergCatalog(
  scopes: readonly (string | undefined)[] = [undefined],
): Promise<IcebergCatalog> {
  const tokenRequests: TokenRequest[] = [];
  const paths: string[] = [];
  let tokens: readonly string[] | undefined;
  const respond = async (request: IncomingMessage, response: ServerResponse) => {
    const send = (status: number, content: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
    const { pathname } = new URL(request.url ?? '', 'http://catalog');
    if (pathname === '/token') {
      const asked = await tokenRequest(request);
      tokenRequests.push(asked);
      if (!scopes.includes(asked.scope)) return send(400, { error: 'invalid_scope' });
      const token = `token-${tokenRequests.length}`;
      tokens = [...(tokens ?? []), token];
      return send(200, { access_token: token, token_type: 'Bearer', expires_in: 3600 });
    }
    if (tokens !== undefined && !tokens.some((token) => request.headers.authorization === `Bearer ${token}`))
      return send(401, { error: { message: 'token expired', type: 'AuthenticationFailed', code: 401 } });
    paths.push(pathname);
    const found = catalog[pathname];
    return found === undefined
      ? send(404, { error: { message: 'no such thing', type: 'NotFound', code: 404 } })
      : send(200, found);
  };
  const server = createServer((request, response) => void respond(request, response));
  const port = await listen(server);
  const root = `http://127.0.0.1:${port}`;
  const catalog: Record<string, object> = {
    '/catalog/v1/config': { defaults: { prefix }, overrides: { uri: `${root}/catalog` } },
    [`/catalog/v1/${prefix}/namespaces`]: { namespaces: [['sales']] },
    [`/catalog/v1/${prefix}/namespaces/sales`]: { namespace: ['sales'], properties: {} },
    [`/catalog/v1/${prefix}/namespaces/sales/tables`]: {
      identifiers: [{ namespace: ['sales'], name: 'orders' }],
    },
    [`/catalog/v1/${prefix}/namespaces/sales/tables/orders`]: {
      metadata,
      config: {},
      'metadata-location': location,
    },
  };
  return {
    endpoint: `${root}/catalog`,
    tokenEndpoint: `${root}/token`,
    tokenRequests,
    paths,
    expect: (wanted) => {
      tokens = wanted;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function tokenRequest(request: IncomingMessage): Promise<TokenRequest> {
  let body = '';
  for await (const chunk of request) body += chunk;
  const [, basic = ''] = /^Basic (.*)$/.exec(request.headers.authorization ?? '') ?? [];
  const [id, secret] = Buffer.from(basic, 'base64').toString().split(':');
  return {
    ...(id && { client_id: decodeURIComponent(id) }),
    ...(secret && { client_secret: decodeURIComponent(secret) }),
    // A parameter without a value counts as one that was left out (RFC 6749 §3.2).
    ...Object.fromEntries([...new URLSearchParams(body)].filter(([, value]) => value !== '')),
  };
}

/** A table with one column and no snapshot: listing it needs its schema, and no object store. */
const location = 's3://bucket/sales/orders/metadata/00000.metadata.json';
const schema = {
  type: 'struct',
  'schema-id': 0,
  fields: [{ id: 1, name: 'id', required: false, type: 'long' }],
};
const metadata = {
  'format-version': 2,
  'table-uuid': '6b1b1a2e-0000-4000-8000-000000000001',
  location: 's3://bucket/sales/orders',
  'last-sequence-number': 0,
  'last-updated-ms': 0,
  'last-column-id': 1,
  schemas: [schema],
  'current-schema-id': 0,
  'partition-specs': [{ 'spec-id': 0, fields: [] }],
  'default-spec-id': 0,
  'last-partition-id': 999,
  'sort-orders': [{ 'order-id': 0, fields: [] }],
  'default-sort-order-id': 0,
  properties: {},
  refs: {},
  snapshots: [],
  'snapshot-log': [],
  'metadata-log': [],
};
