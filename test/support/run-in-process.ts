import { kubernetesClient } from '../../src/clients/kubernetes/kubernetes-client.ts';
import { tokenSource } from '../../src/registration/catalog/catalog-token.ts';
import { runRegistration } from '../../src/registration/job.ts';
import type { Until } from '../../src/registration/registration.ts';
import type { CredentialSources } from '../../src/registration/resolve-credential.ts';
import type { RegistrationResult } from '../../src/registration/result.ts';
import { openRow } from '../../src/registration/row/open-row.ts';
import { createLog } from '../../src/text/log.ts';
import { Redactions } from '../../src/text/redactions.ts';
import type { FaultScene } from './fault-scene.ts';

export interface RunOptions {
  /** In place of waiting before a request is tried again. */
  readonly wait?: (milliseconds: number) => Promise<void>;
  /** How long a request to the API server may take, in milliseconds. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly acceptNewEncryptionKey?: boolean;
  /** In place of `proof`. */
  readonly until?: Until;
  /** In place of the Job's own token for the catalog. */
  readonly tokenFile?: string;
  /** What is mounted into the Job's pod. */
  readonly files?: CredentialSources['files'];
  /** What other runs of the process have read. */
  readonly recentSecrets?: CredentialSources['recentSecrets'];
}

/** What the program does with `register --inputs`, in this process, where waiting costs no time. */
export async function runInProcess(
  {
    inputs,
    urls,
  }: Pick<FaultScene, 'inputs'> & { readonly urls: Pick<FaultScene['urls'], 'kubernetes' | 'lakekeeper'> },
  {
    wait = () => new Promise(setImmediate),
    timeoutMs,
    signal,
    acceptNewEncryptionKey = false,
    until = 'proof',
    tokenFile,
    files,
    recentSecrets,
  }: RunOptions = {},
): Promise<RegistrationResult & { readonly log: string }> {
  const redactions = new Redactions();
  const connection = {
    server: urls.kubernetes,
    options: async () => ({ headers: { authorization: 'Bearer admin-token' } }),
  };
  const ends = signal ?? AbortSignal.timeout(170_000);
  const timing = { wait, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
  const kubernetes = kubernetesClient(connection, { ...timing, signal: ends });
  const shutdownClient = kubernetesClient(connection, { ...timing, attempts: 1 });
  const sources = {
    kubernetes,
    environment: {},
    redactions,
    files,
    recentSecrets,
  };
  let log = '';
  try {
    const registration = {
      inputs,
      sources,
      row: await openRow(inputs, { sources, signal: ends, shutdownClient }),
      onAction: () => {},
      log: createLog({
        format: 'json',
        write: (line) => {
          log += line;
        },
        redactions,
      }),
      signal: ends,
      token: tokenSource(inputs, sources, tokenFile, ends),
      serverURL: urls.lakekeeper,
      acceptNewEncryptionKey,
    };
    return { ...(await runRegistration(registration, until, shutdownClient)), log };
  } catch (error) {
    return { org: inputs.org, result: 'failed', detail: String(error), actions: [], error, log };
  }
}
