import { decode } from '../catalog/registration-inputs.ts';
import { readText } from '../files/text-file.ts';
import { createLog } from '../report/log.ts';
import { Redactions } from '../report/redactions.ts';
import { kubernetesClient } from './adapters/kubernetes-client.ts';
import { connectKubernetes } from './adapters/kubernetes-connection.ts';
import type { Registration } from './register.ts';
import { tokenSource } from './token.ts';

export interface RegistrationFlags {
  readonly inputs: string;
  /** Seconds. */
  readonly deadline: number;
  readonly serverUrl?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly acceptNewEncryptionKey: boolean;
}

/** Opens what a registration works with. It ends by itself at the deadline, and by SIGTERM and SIGINT. */
export async function openRegistration(
  flags: RegistrationFlags,
): Promise<{ registration: Registration; redactions: Redactions }> {
  const inputs = decode(await readText(flags.inputs));
  const redactions = new Redactions();
  const signal = AbortSignal.any([AbortSignal.timeout(flags.deadline * 1000), terminated()]);
  const connection = await connectKubernetes({ kubeconfig: flags.kubeconfig, context: flags.context });
  const sources = {
    kubernetes: kubernetesClient(connection, { signal }),
    environment: process.env,
    redactions,
  };
  const log = createLog({
    format: process.stderr.isTTY ? 'text' : 'json',
    write: (line) => process.stderr.write(line),
    redactions,
  });
  const { serverUrl, acceptNewEncryptionKey } = flags;
  const registration = {
    inputs,
    sources,
    log: log.with({ org: inputs.org }),
    signal,
    token: tokenSource(inputs, sources),
    acceptNewEncryptionKey,
    ...(serverUrl === undefined ? {} : { serverURL: serverUrl }),
  };
  return { registration, redactions };
}

function terminated(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const)
    process.once(name, () => controller.abort(new Error(`the run was ended by ${name}`)));
  return controller.signal;
}
