import type { RegistrationInputs } from '../catalog/registration-inputs.ts';
import type { KubernetesClient } from '../clients/kubernetes/kubernetes-client.ts';
import { connectKubernetes, type KubernetesConnection } from '../clients/kubernetes/kubernetes-connection.ts';
import { explain } from '../text/errors.ts';
import { done, fieldsOf, type RegistrationAction } from './actions.ts';
import { type TokenSource, tokenSource } from './catalog/catalog-token.ts';
import { planRun, runRegistration } from './job.ts';
import { RecentSecrets } from './objects/recent-secrets.ts';
import type { Registration, Until } from './registration.ts';
import type { RegistrationResult } from './result.ts';
import { openRow } from './row/row.ts';
import { terminated, withRun } from './run.ts';
import { howToStartNow } from './start-now.ts';

/** An org of which a Secret changes within this time is seen as a run would have seen it that began so much earlier. */
const recentSecretsMs = 30_000;

export interface RegistrarSettings {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  /** How long one org may take, in seconds. */
  readonly deadline: number;
  /** Where a catalog's server is from here; a template with `{name}` and `{namespace}`. */
  readonly serverUrl?: string | undefined;
  /** File with a token for the catalogs, in place of the Job's own. */
  readonly tokenFile?: string | undefined;
  readonly acceptNewEncryptionKey: boolean;
  readonly until: Until;
  /** Whether this is the run of an org's Job: its messages say how to start another one. */
  readonly isJob: boolean;
}

/** As whom an org is registered. */
export interface Account {
  readonly connection: KubernetesConnection;
  /** Its token for the catalog; undefined: the Job's own, or that of `tokenFile`. */
  readonly token?: TokenSource | undefined;
}

/** What the registrations of a process share beyond their settings. */
export interface RegistrarPorts {
  readonly connection: KubernetesConnection;
  /** Default: this process, for every org. */
  readonly accountOf?: (inputs: RegistrationInputs, signal: AbortSignal) => Promise<Account>;
  /** Awaited before each connection to Postgres. */
  readonly beforeConnect?: () => Promise<void>;
}

/** Registers orgs, or plans what that would do. Neither throws: how it ended is in the result. */
export interface Registrar {
  register(inputs: RegistrationInputs): Promise<RegistrationResult>;
  plan(inputs: RegistrationInputs): Promise<RegistrationResult>;
}

/**
 * Opens what all registrations of this process share: the cluster, the end by SIGTERM or SIGINT, the log. Each
 * org has its deadline and its secrets for itself.
 *
 * @throws UsageError when there is no cluster to talk to.
 */
export async function openRegistrar(settings: RegistrarSettings): Promise<Registrar> {
  return registrarOf(settings, { connection: await connectKubernetes(settings) });
}

/** As `openRegistrar`, over what is open already. */
export function registrarOf(settings: RegistrarSettings, ports: RegistrarPorts): Registrar {
  const { deadline, until, isJob } = settings;
  const { accountOf = async () => ({ connection: ports.connection }), beforeConnect } = ports;
  const end = terminated();
  const recentSecrets = new RecentSecrets(recentSecretsMs);
  const withRegistration = (
    inputs: RegistrationInputs,
    work: (registration: Registration, shutdownClient: KubernetesClient) => Promise<RegistrationResult>,
  ): Promise<RegistrationResult> => {
    const { org } = inputs;
    let account: Account | undefined;
    const connect = async (signal: AbortSignal) => {
      account = await accountOf(inputs, signal);
      return account.connection;
    };
    // What one account may read is not for another.
    const shared = ports.accountOf ? undefined : recentSecrets;
    return withRun(
      inputs,
      { command: 'register', deadline, end, isJob, connect, recentSecrets: shared, beforeConnect },
      async ({ sources, log, signal, shutdownClient }) => {
        const row = await openRow(inputs, { sources, signal, shutdownClient });
        const registration = {
          ...{ inputs, sources, row, log, signal },
          onAction: (action: RegistrationAction) => log.info(done(action), fieldsOf(action)),
          token: account?.token ?? tokenSource(inputs, sources, settings.tokenFile, signal),
          serverURL: serverURL(settings.serverUrl, inputs),
          startNow: isJob ? howToStartNow(inputs, until) : undefined,
          acceptNewEncryptionKey: settings.acceptNewEncryptionKey,
        };
        return work(registration, shutdownClient);
      },
      (error, redactions) => {
        const detail = redactions.apply(explain(error));
        return { org, result: 'failed', detail, actions: [], error };
      },
    );
  };
  return {
    register: (inputs) =>
      withRegistration(inputs, (registration, shutdownClient) =>
        runRegistration(registration, until, shutdownClient),
      ),
    plan: (inputs) => withRegistration(inputs, (registration) => planRun(registration, until)),
  };
}

function serverURL(template: string | undefined, { catalog }: RegistrationInputs): string | undefined {
  return template?.replaceAll('{name}', catalog.name).replaceAll('{namespace}', catalog.namespace);
}
