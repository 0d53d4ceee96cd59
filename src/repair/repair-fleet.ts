import { setTimeout as sleep } from 'node:timers/promises';
import pMap from 'p-map';
import { shardOf } from '../catalog/org-directory.ts';
import { decode, type RegistrationInputs } from '../catalog/registration-inputs.ts';
import { kubernetesClient } from '../clients/kubernetes/kubernetes-client.ts';
import {
  type ConnectionChoice,
  connectKubernetes,
  type KubernetesConnection,
} from '../clients/kubernetes/kubernetes-connection.ts';
import { SharedSessions } from '../clients/postgres/shared-sessions.ts';
import { registrarOf } from '../registration/open-registrar.ts';
import type { RegistrationResult } from '../registration/result.ts';
import { PermanentError } from '../text/errors.ts';
import { type AppliedInputs, appliedInputs, type UnreadNamespace } from './applied-inputs.ts';
import { inRandomOrder } from './random-order.ts';
import { rateLimit } from './rate-limit.ts';
import { registrationAccount } from './registration-account.ts';

export interface RepairSettings extends ConnectionChoice {
  /** The namespace of the catalogs; undefined if each org has its own. */
  readonly namespace: string | undefined;
  /** The part of the fleet to repair. An org's shard is derived from the name of its catalog, so it never changes. */
  readonly shard: { readonly index: number; readonly count: number };
  /** The number of orgs at a time. Each needs one session of its metadata store, and for a moment one of the rows. */
  readonly concurrency: number;
  readonly apiRequestsPerSecond: number;
  readonly postgresConnectionsPerSecond: number;
  /** The limit for one org, in seconds. */
  readonly deadline: number;
  /** The upper limit of a random wait before the start, in seconds. */
  readonly jitter: number;
  /** URL of a catalog's server as reachable from here: a template with `{name}` and `{namespace}`. */
  readonly serverUrl?: string | undefined;
}

/** The result for one org. */
export interface RepairedOrg extends RegistrationResult {
  readonly catalog: string;
  readonly seconds: number;
}

/**
 * Registers every org by the inputs that Argo CD has applied from Git, each with the account of its own Job. For an
 * org in order, it only reads.
 *
 * @param report called with the result of each org. The results are not kept, which saves memory.
 * @throws UsageError without a cluster; what `appliedInputs` throws.
 */
export async function repairFleet(
  settings: RepairSettings,
  report: (org: RepairedOrg) => void,
): Promise<void> {
  const { shard, concurrency, jitter, namespace } = settings;
  await sleep(Math.random() * jitter * 1000);
  const connection = limited(await connectKubernetes(settings), rateLimit(settings.apiRequestsPerSecond));
  const applied = await appliedInputs(kubernetesClient(connection), namespace);
  const rowSessions = new SharedSessions();
  const registrar = registrarOf(
    { ...settings, until: 'proof', isJob: false, acceptNewEncryptionKey: false },
    {
      connection,
      accountOf: (inputs, signal) => registrationAccount(inputs, connection, signal),
      beforeConnect: rateLimit(settings.postgresConnectionsPerSecond),
      rowSessions,
    },
  );
  const own = applied.filter(({ name }) => shardOf(name, shard.count) === shard.index);
  await pMap(
    // A run that its deadline ends, as when many orgs wait for an upgrade, must not leave out the same orgs each time.
    inRandomOrder(own),
    async (one) => {
      const startedMs = performance.now();
      const result = await registered(one, registrar.register);
      report({ ...result, catalog: one.name, seconds: (performance.now() - startedMs) / 1000 });
    },
    { concurrency },
  ).finally(() => rowSessions.end());
}

async function registered(
  applied: AppliedInputs | UnreadNamespace,
  register: (inputs: RegistrationInputs) => Promise<RegistrationResult>,
): Promise<RegistrationResult> {
  if ('error' in applied) {
    const { name: org, error } = applied;
    return { org, result: 'failed', detail: error.message, actions: [], error };
  }
  try {
    return await register(checkedInputs(applied));
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    return { org: applied.name, result: 'rejected', detail: error.message, actions: [], error };
  }
}

/**
 * @throws PermanentError if the inputs cannot be decoded, or are of another catalog than the name of the ConfigMap
 * says. Otherwise an account that may create ConfigMaps could use another org's account.
 */
function checkedInputs({ namespace, name, text }: AppliedInputs): RegistrationInputs {
  const inputs = decode(text);
  const { catalog } = inputs;
  if (catalog.name === name && catalog.namespace === namespace) return inputs;
  throw new PermanentError(
    `the registration inputs of ${namespace}/${name} name the catalog ${catalog.namespace}/${catalog.name}; ` +
      'run synth again and commit what it writes',
  );
}

/** Every request waits for the rate limit. */
function limited(connection: KubernetesConnection, turn: () => Promise<void>): KubernetesConnection {
  return {
    server: connection.server,
    options: async () => {
      await turn();
      return connection.options();
    },
  };
}
