import { randomUUID } from 'node:crypto';
import { recordedExchanges } from '../contracts/lakekeeper-recordings.ts';
import { type Answer, error, nilProject, object, undecodable } from './lakekeeper-answer.ts';
import type { LakekeeperStandIn, SeenRequest } from './lakekeeper-stand-in.ts';
import { isBefore } from './lakekeeper-versions.ts';
import { create, list, ofOneWarehouse, unknownName } from './lakekeeper-warehouses.ts';

/** What the server answers to a request. @param host the Host header. */
export function answerTo(standIn: LakekeeperStandIn, request: SeenRequest, host: string): Answer {
  const url = new URL(request.url, 'http://stand-in');
  const path = url.pathname;
  const { settings } = standIn;
  if (path === '/health') return health(standIn);
  if (!/^\/(management|catalog)\/v1\//.test(path)) return { status: 404 };
  const refusal = authenticate(standIn, request);
  if (refusal) return refusal;
  if (settings.database === 'lost' && path !== '/management/v1/info')
    return error(
      503,
      'CatalogBackendError',
      'Catalog backend error (Unexpected): error returned from database: terminating connection due ' +
        'to administrator command at line 3356',
    );

  const body = () => parsed(request);
  const [, id, action] = /^\/management\/v1\/warehouse\/([^/]+)(?:\/([a-z/-]+))?$/.exec(path) ?? [];
  if (id !== undefined) return ofOneWarehouse(standIn, decodeURIComponent(id), action, request, body);
  const handlers = routes[path];
  if (handlers === undefined) return { status: 404 };
  const handler = handlers[request.method];
  return handler === undefined ? { status: 405 } : handler({ standIn, url, host, request, body });
}

interface Routed {
  readonly standIn: LakekeeperStandIn;
  readonly url: URL;
  readonly host: string;
  readonly request: SeenRequest;
  readonly body: () => Record<string, unknown> | Answer;
}

/** Runs with the body of a request, when it is one. */
function withBody({ body }: Routed, work: (content: Record<string, unknown>) => Answer): Answer {
  const content = body();
  return isAnswer(content) ? content : work(content);
}

const routes: Readonly<Record<string, Readonly<Record<string, (routed: Routed) => Answer>>>> = {
  '/management/v1/info': { GET: ({ standIn }) => ({ status: 200, body: info(standIn) }) },
  '/management/v1/bootstrap': {
    POST: (routed) => withBody(routed, (content) => bootstrap(routed.standIn, content)),
  },
  '/management/v1/project': {
    POST: (routed) => withBody(routed, (content) => createProject(routed.standIn, content)),
  },
  '/management/v1/project-list': { GET: ({ standIn }) => listProjects(standIn) },
  '/management/v1/warehouse': {
    GET: ({ standIn, url }) => list(standIn, url),
    POST: (routed) => withBody(routed, (content) => create(routed.standIn, content, routed.request)),
  },
  '/catalog/v1/config': { GET: ({ standIn, url, host }) => config(standIn, url, host) },
};

function authenticate({ settings }: LakekeeperStandIn, { authorization }: SeenRequest): Answer | undefined {
  if (settings.tokens === undefined) return undefined;
  const token = /^Bearer (.+)$/.exec(authorization ?? '')?.[1];
  if (token !== undefined && settings.tokens.includes(token)) return undefined;
  if (authorization !== undefined && token === undefined)
    return { status: 400, text: 'invalid HTTP header (authorization)' };
  if (isBefore(settings, '0.12')) return { status: 401, text: 'Unauthorized' };
  return token === undefined
    ? error(401, 'MissingAuthorizationHeader', 'Missing Authorization Header')
    : error(401, 'AuthenticationFailed', 'Authentication failed');
}

function health({ settings }: LakekeeperStandIn): Answer {
  const isUnhealthy = settings.database === 'lost' && !isBefore(settings, '0.12.4');
  const status = isUnhealthy ? 'error' : 'ok';
  const pools = ['read_pool', 'write_pool'].map((name) => ({ name, lastCheck: Date.now(), status }));
  return {
    status: isUnhealthy ? 503 : 200,
    body: {
      health: status,
      services: { catalog: pools, auth: [], secrets: pools },
      ...(isBefore(settings, '0.12.3') ? {} : { maintenance_mode: 'off' }),
    },
  };
}

function info({ settings, isBootstrapped, id }: LakekeeperStandIn): object {
  const { version = '0.12.2', authorizer = 'allow-all', systemIdentities = [] } = settings;
  return {
    version,
    ...(isBefore(settings, '0.12.1') ? {} : { 'lakekeeper-version': version }),
    bootstrapped: isBootstrapped,
    'server-id': id,
    'default-project-id': settings.hasDefaultProject === false ? null : nilProject,
    'authz-backend': authorizer,
    'aws-system-identities-enabled': systemIdentities.includes('aws'),
    'azure-system-identities-enabled': systemIdentities.includes('azure'),
    'gcp-system-identities-enabled': systemIdentities.includes('gcp'),
    queues: [settings.isMain ? 'soft_deletion' : 'tabular_expiration', 'tabular_purge', 'task_log_cleanup'],
    'license-status': {
      issuer: null,
      audience: 'lakekeeper-core',
      'license-type': 'Apache-2.0',
      valid: true,
    },
  };
}

function bootstrap(standIn: LakekeeperStandIn, body: Record<string, unknown>): Answer {
  if (typeof body['accept-terms-of-use'] !== 'boolean')
    return undecodable('missing field `accept-terms-of-use`');
  if (!body['accept-terms-of-use'])
    return error(400, 'TermsOfUseNotAccepted', 'You must accept the terms of use to bootstrap the catalog.');
  if (standIn.isBootstrapped)
    return error(400, 'CatalogAlreadyBootstrapped', 'Catalog is not open for bootstrap');
  standIn.isBootstrapped = true;
  return { status: 204 };
}

function createProject(standIn: LakekeeperStandIn, body: Record<string, unknown>): Answer {
  const id = typeof body['project-id'] === 'string' ? body['project-id'] : randomUUID();
  if (standIn.projects.has(id))
    return error(409, 'ProjectIdAlreadyExists', 'Project with this id already exists');
  standIn.projects.set(id, String(body['project-name']));
  return { status: 201, body: { 'project-id': id } };
}

function listProjects({ projects }: LakekeeperStandIn): Answer {
  const found = [...projects].map(([id, name]) => ({ 'project-id': id, 'project-name': name }));
  return { status: 200, body: { projects: found } };
}

function config(standIn: LakekeeperStandIn, url: URL, host: string): Answer {
  const { settings, warehouses } = standIn;
  const wanted = url.searchParams.get('warehouse');
  if (!wanted)
    return error(
      400,
      'GetConfigNoWarehouseProvided',
      "No warehouse specified. Please specify the 'warehouse' parameter in the GET /config request.",
    );
  const name = wanted.replace(/^[\w-]+\//, '').toLowerCase();
  const found = warehouses.find((warehouse) => warehouse.isActive && warehouse.name.toLowerCase() === name);
  if (found === undefined) return unknownName(standIn, wanted);
  // The server's cache may still have it as inactive.
  if (found.staleConfigs) {
    found.staleConfigs -= 1;
    return unknownName(standIn, wanted);
  }
  const hasLifetime = !isBefore(settings, '0.12') && !settings.isMain;
  return {
    status: 200,
    body: {
      overrides: {
        ...(hasLifetime ? { 'idempotency-key-lifetime': 'PT30M' } : {}),
        uri: `${settings.baseURI ?? `http://${host}`}/catalog`,
      },
      defaults: { prefix: found.id, 'rest-page-size': '100' },
      endpoints: recordedEndpoints,
    },
  };
}

/** The routes that the recorded server lists. */
const recordedEndpoints = recordedExchanges()
  .map(({ response }) => object(response.body)?.endpoints)
  .find((endpoints) => endpoints !== undefined);

function parsed({ body, contentType }: SeenRequest): Record<string, unknown> | Answer {
  if (contentType !== 'application/json')
    return { status: 415, text: 'Expected request with `Content-Type: application/json`' };
  try {
    return object(JSON.parse(body)) ?? {};
  } catch {
    return {
      status: 400,
      text: 'Failed to parse the request body as JSON: expected ident at line 1 column 2',
    };
  }
}

function isAnswer(content: Record<string, unknown> | Answer): content is Answer {
  return typeof content.status === 'number' && 'text' in content;
}
