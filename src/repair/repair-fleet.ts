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
import { registrarOf } from '../registration/open-registrar.ts';
import type { RegistrationResult } from '../registration/result.ts';
import { PermanentError } from '../text/errors.ts';
import { type AppliedInputs, appliedInputs } from './applied-inputs.ts';
import { rateLimit } from './rate-limit.ts';
import { registrationAccount } from './registration-account.ts';

export interface RepairSettings extends ConnectionChoice {
  /** Of the catalogs; undefined where each org has its own. */
  readonly namespace: string | undefined;
  /** Which part of the fleet: by the name of the catalog, so that an org stays in its shard. */
  readonly shard: { readonly index: number; readonly count: number };
  /** How many orgs at a time. Each has one session of Postgres. */
  readonly concurrency: number;
  readonly apiRequestsPerSecond: number;
  readonly postgresConnectionsPerSecond: number;
  /** How long one org may take, in seconds. */
  readonly deadline: number;
  /** The longest wait before the start, in seconds; how long it is, is chance. */
  readonly jitter: number;
  /** Where a catalog's server is from here; a template with `{name}` and `{namespace}`. */
  readonly serverUrl?: string | undefined;
}

/** How the registration of one org ended. */
export interface RepairedOrg extends RegistrationResult {
  readonly catalog: string;
  readonly seconds: number;
}

/**
 * Registers every org as Git says, by the inputs that Argo CD has applied, each by the account of its own Job. What is
 * in order is only read.
 *
 * @param report called with the result of each org as it ends; no result is kept here.
 * @throws UsageError when there is no cluster to talk to; what listing the inputs throws.
 */
export async function repairFleet(
  settings: RepairSettings,
  report: (org: RepairedOrg) => void,
): Promise<void> {
  const { shard, concurrency, jitter, namespace } = settings;
  await sleep(Math.random() * jitter * 1000);
  const connection = limited(await connectKubernetes(settings), rateLimit(settings.apiRequestsPerSecond));
  const applied = await appliedInputs(kubernetesClient(connection), namespace);
  const registrar = registrarOf(
    { ...settings, until: 'proof', isJob: false, acceptNewEncryptionKey: false },
    {
      connection,
      accountOf: (inputs, signal) => registrationAccount(inputs, connection, signal),
      beforeConnect: rateLimit(settings.postgresConnectionsPerSecond),
    },
  );
  const own = applied.filter(({ name }) => shardOf(name, shard.count) === shard.index);
  await pMap(
    own,
    async (one) => {
      const startedMs = performance.now();
      const result = await registered(one, registrar.register);
      report({ ...result, catalog: one.name, seconds: (performance.now() - startedMs) / 1000 });
    },
    { concurrency },
  );
}

async function registered(
  applied: AppliedInputs,
  register: (inputs: RegistrationInputs) => Promise<RegistrationResult>,
): Promise<RegistrationResult> {
  try {
    return await register(checkedInputs(applied));
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    return { org: applied.name, result: 'rejected', detail: error.message, actions: [], error };
  }
}

/**
 * @throws PermanentError when the inputs cannot be read, or are not those of the catalog that the ConfigMap is named
 * after: an account that may create ConfigMaps must not have another org's account act.
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

/** Every request waits for its turn. */
function limited(connection: KubernetesConnection, turn: () => Promise<void>): KubernetesConnection {
  return {
    server: connection.server,
    options: async () => {
      await turn();
      return connection.options();
    },
  };
}
