import { type RegistrationInputs, registrationFiles } from '../catalog/registration-inputs.ts';
import { type KubernetesClient, kubernetesClient } from '../clients/kubernetes/kubernetes-client.ts';
import { connectKubernetes, type KubernetesConnection } from '../clients/kubernetes/kubernetes-connection.ts';
import { explain } from '../text/errors.ts';
import { givenCredentials } from '../text/given-credentials.ts';
import { createLog } from '../text/log.ts';
import { done, type RegistrationAction, stepOf } from './actions.ts';
import { type TokenSource, tokenSource } from './catalog/catalog-token.ts';
import { planRun, runRegistration } from './job.ts';
import { RecentSecrets } from './objects/recent-secrets.ts';
import type { Registration, Until } from './registration.ts';
import type { RegistrationResult } from './result.ts';
import { openRow, shutdownTimeoutMs } from './row/row.ts';
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
  /** File with a token for the catalogs. The default is the Job's own. */
  readonly tokenFile?: string | undefined;
  readonly acceptNewEncryptionKey: boolean;
  readonly until: Until;
  /** Whether an org's Job runs this. Its messages then have the command that runs the Job again. */
  readonly isJob: boolean;
}

/** The account that registers an org. */
export interface Account {
  readonly connection: KubernetesConnection;
  /** Its tokens for the catalog. The default is `tokenFile`, or the Job's own. */
  readonly token?: TokenSource | undefined;
}

/** What all registrations of a process share. */
export interface RegistrarPorts {
  readonly connection: KubernetesConnection;
  /** The account for each org. The default is `connection` for all. */
  readonly accountOf?: (inputs: RegistrationInputs, signal: AbortSignal) => Promise<Account>;
  /** Awaited before each connection to Postgres. */
  readonly beforeConnect?: () => Promise<void>;
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
  const { deadline, until } = settings;
  const { accountOf = async () => ({ connection: ports.connection }), beforeConnect } = ports;
  const end = terminationSignal();
  const recentSecrets = new RecentSecrets(recentSecretsMs);
  const withRegistration = async (
    inputs: RegistrationInputs,
    work: (registration: Registration, shutdownClient: KubernetesClient) => Promise<RegistrationResult>,
  ): Promise<RegistrationResult> => {
    const redactions = givenCredentials();
    const deadlineController = new AbortController();
    const timer = setTimeout(
      () =>
        deadlineController.abort(
          new Error(`the deadline of ${deadline} s has passed; run register again: it goes on from here`),
        ),
      deadline * 1000,
    );
    const signal = AbortSignal.any([deadlineController.signal, end]);
    const log = createLog({
      format: process.stderr.isTTY ? 'text' : 'json',
      write: (line) => process.stderr.write(line),
      redactions,
    }).with({ org: inputs.org });
    try {
      signal.throwIfAborted();
      const { connection, token: accountToken }: Account = await accountOf(inputs, signal);
      const kubernetes = kubernetesClient(connection, { signal });
      const shutdownClient = kubernetesClient(connection, { timeoutMs: shutdownTimeoutMs / 2, attempts: 1 });
      const sources = {
        kubernetes,
        environment: process.env,
        redactions,
        // With an account for each org, a cached Secret could be one that another account may not read.
        recentSecrets: ports.accountOf ? undefined : recentSecrets,
        files: settings.isJob ? registrationFiles : undefined,
        beforeConnect,
      };
      const row = await openRow(inputs, { sources, signal, shutdownClient });
      const registration = {
        inputs,
        sources,
        row,
        log,
        signal,
        onAction: (action: RegistrationAction) => log.info(done(action), fieldsOf(action)),
        token: accountToken ?? tokenSource(inputs, sources, settings.tokenFile, signal),
        serverURL: serverURL(settings.serverUrl, inputs),
        startNow: settings.isJob ? howToStartNow(inputs, until) : undefined,
        acceptNewEncryptionKey: settings.acceptNewEncryptionKey,
      };
      return await work(registration, shutdownClient);
    } catch (error) {
      return {
        org: inputs.org,
        result: 'failed',
        detail: redactions.apply(explain(error)),
        actions: [],
        error,
      };
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    register: (inputs) =>
      withRegistration(inputs, (registration, shutdownClient) =>
        runRegistration(registration, until, shutdownClient),
      ),
    plan: (inputs) => withRegistration(inputs, (registration) => planRun(registration, until)),
  };
}

function fieldsOf(action: RegistrationAction) {
  const { kind, object, detail } = action;
  return { step: stepOf(action), action: kind, object, ...(detail === undefined ? {} : { detail }) };
}

function serverURL(template: string | undefined, { catalog }: RegistrationInputs): string | undefined {
  return template?.replaceAll('{name}', catalog.name).replaceAll('{namespace}', catalog.namespace);
}

/** Aborted by SIGTERM, with which Kubernetes ends a pod, or by SIGINT (Ctrl-C). */
function terminationSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const)
    process.once(name, () => controller.abort(new Error(`the run was ended by ${name}`)));
  return controller.signal;
}
