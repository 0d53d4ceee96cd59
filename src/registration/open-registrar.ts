import type { RegistrationInputs } from '../catalog/registration-inputs.ts';
import type { KubernetesClient } from '../clients/kubernetes/kubernetes-client.ts';
import { connectKubernetes, type KubernetesConnection } from '../clients/kubernetes/kubernetes-connection.ts';
import type { SharedSessions } from '../clients/postgres/shared-sessions.ts';
import { explain } from '../text/errors.ts';
import { done, fieldsOf, type RegistrationAction } from './actions.ts';
import { type TokenSource, tokenSource } from './catalog/catalog-token.ts';
import { planRun, runRegistration } from './job.ts';
import { RecentSecrets } from './objects/recent-secrets.ts';
import type { Registration, Until } from './registration.ts';
import type { RegistrationResult } from './result.ts';
import { openRow } from './row/open-row.ts';
import { terminationSignal, withRun } from './run.ts';
import { howToStartNow } from './start-now.ts';

/** How long a run may use a Secret that another run of this process has read. */
const recentSecretsMs = 30_000;

export interface RegistrarSettings {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  /** The limit for one org, in seconds. */
  readonly deadline: number;
  /** URL of a catalog's server as reachable from here: a template with `{name}` and `{namespace}`. */
  readonly serverUrl?: string | undefined;
  /** File with a token for the catalogs, in place of what `tokenSource` finds. */
  readonly tokenFile?: string | undefined;
  readonly acceptNewEncryptionKey: boolean;
  readonly until: Until;
  /** Whether an org's Job runs this. Its messages then have the command that runs the Job again. */
  readonly isJob: boolean;
}

/** The account that registers an org. */
export interface Account {
  readonly connection: KubernetesConnection;
  /** Its tokens for the catalog. The default is that of `tokenSource`. */
  readonly token?: TokenSource | undefined;
}

/** What all registrations of a process share. */
export interface RegistrarPorts {
  readonly connection: KubernetesConnection;
  /** The account for each org. The default is `connection` for all. */
  readonly accountOf?: (inputs: RegistrationInputs, signal: AbortSignal) => Promise<Account>;
  /** Awaited before each connection to Postgres. */
  readonly beforeConnect?: () => Promise<void>;
  /** The caller ends them. */
  readonly rowSessions?: SharedSessions;
}

/** Registers orgs, or plans it. Neither method throws: the result has the error. */
export interface Registrar {
  register(inputs: RegistrationInputs): Promise<RegistrationResult>;
  plan(inputs: RegistrationInputs): Promise<RegistrationResult>;
}

/**
 * Connects to the cluster and returns a registrar. All registrations share the connection, and end at SIGTERM or
 * SIGINT. Each org has its own deadline and redactions.
 *
 * @throws UsageError without a cluster.
 */
export async function openRegistrar(settings: RegistrarSettings): Promise<Registrar> {
  return registrarOf(settings, { connection: await connectKubernetes(settings) });
}

/** As `openRegistrar`, with an existing connection. */
export function registrarOf(settings: RegistrarSettings, ports: RegistrarPorts): Registrar {
  const { deadline, until, isJob } = settings;
  const { accountOf = async () => ({ connection: ports.connection }), beforeConnect, rowSessions } = ports;
  const end = terminationSignal();
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
      {
        command: 'register',
        deadline,
        end,
        isJob,
        connect,
        recentSecrets: shared,
        beforeConnect,
        rowSessions,
      },
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
