import { type RegistrationInputs, registrationFiles } from '../catalog/registration-inputs.ts';
import { type KubernetesClient, kubernetesClient } from '../clients/kubernetes/kubernetes-client.ts';
import type { KubernetesConnection } from '../clients/kubernetes/kubernetes-connection.ts';
import { givenCredentials } from '../text/given-credentials.ts';
import { createLog, type Log } from '../text/log.ts';
import type { Redactions } from '../text/redactions.ts';
import type { CredentialSources } from './resolve-credential.ts';
import { shutdownTimeoutMs } from './row/row.ts';

/** What a run for one org works with. */
export interface Run {
  readonly sources: CredentialSources;
  readonly log: Log;
  /** The deadline, or the end of the process. */
  readonly signal: AbortSignal;
  /** A client of the cluster that outlives the signal. */
  readonly shutdownClient: KubernetesClient;
}

export interface RunSettings {
  /** Name of the command, for messages: `register`. */
  readonly command: string;
  /** How long the run may take, in seconds. */
  readonly deadline: number;
  /** Ends the run before that. */
  readonly end: AbortSignal;
  /** Whether this is the run of an org's Job, which has files mounted. */
  readonly isJob: boolean;
  readonly connect: (signal: AbortSignal) => Promise<KubernetesConnection>;
  readonly recentSecrets?: CredentialSources['recentSecrets'];
  readonly beforeConnect?: CredentialSources['beforeConnect'];
  readonly rowSessions?: CredentialSources['rowSessions'];
}

/** Lends `work` what a run for one org needs: its own deadline, log and redactions. Never throws. */
export async function withRun<T>(
  { org }: Pick<RegistrationInputs, 'org'>,
  { command, deadline, end, isJob, connect, recentSecrets, beforeConnect, rowSessions }: RunSettings,
  work: (run: Run) => Promise<T>,
  onError: (error: unknown, redactions: Redactions) => T,
): Promise<T> {
  const redactions = givenCredentials();
  const late = new AbortController();
  const message = `the deadline of ${deadline} s has passed; run ${command} again: it goes on from here`;
  const timer = setTimeout(() => late.abort(new Error(message)), deadline * 1000);
  const signal = AbortSignal.any([late.signal, end]);
  const log = createLog({
    format: process.stderr.isTTY ? 'text' : 'json',
    write: (line) => process.stderr.write(line),
    redactions,
  }).with({ org });
  try {
    signal.throwIfAborted();
    const connection = await connect(signal);
    const sources = {
      kubernetes: kubernetesClient(connection, { signal }),
      environment: process.env,
      redactions,
      recentSecrets,
      files: isJob ? registrationFiles : undefined,
      beforeConnect,
      rowSessions,
    };
    const shutdownClient = kubernetesClient(connection, { timeoutMs: shutdownTimeoutMs / 2, attempts: 1 });
    return await work({ sources, log, signal, shutdownClient });
  } catch (error) {
    return onError(error, redactions);
  } finally {
    clearTimeout(timer);
  }
}

/** Aborted by SIGTERM, with which Kubernetes ends a pod, or by SIGINT (Ctrl-C). */
export function terminationSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const)
    process.once(name, () => controller.abort(new Error(`the run was ended by ${name}`)));
  return controller.signal;
}
