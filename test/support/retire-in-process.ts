import type { RetirementInputs } from '../../src/catalog/retirement-inputs.ts';
import { kubernetesClient } from '../../src/clients/kubernetes/kubernetes-client.ts';
import { openRetirementTarget } from '../../src/retirement/record.ts';
import { planRun } from '../../src/retirement/retire.ts';
import { runRetirement } from '../../src/retirement/run-retirement.ts';
import { explain } from '../../src/text/errors.ts';
import { createLog } from '../../src/text/log.ts';
import { Redactions } from '../../src/text/redactions.ts';
import type { FaultScene } from './fault-scene.ts';

export interface RetiredInProcess {
  readonly outcome: 'retired' | 'stopped' | 'failed';
  /** Why it was stopped, or failed. */
  readonly detail: string;
  readonly error?: unknown;
  /** Kinds of what was done. */
  readonly actions: readonly string[];
}

/** What the program does with `retire --inputs`, in this process. */
export async function retireInProcess(
  fault: Pick<FaultScene, 'inputs' | 'urls'>,
  change: Partial<RetirementInputs> = {},
  signal?: AbortSignal,
): Promise<RetiredInProcess> {
  const actions: string[] = [];
  try {
    const { shutdownClient, ...given } = await retirement(fault, change, signal);
    const ended = await runRetirement(
      { ...given, onAction: ({ kind }) => actions.push(kind) },
      shutdownClient,
    );
    return { ...ended, detail: ended.outcome === 'stopped' ? ended.reason : '', actions };
  } catch (error) {
    return { outcome: 'failed', detail: explain(error), error, actions };
  }
}

/** What `retire --dry-run` plans. */
export async function planRetirementOf(
  fault: Pick<FaultScene, 'inputs' | 'urls'>,
  change: Partial<RetirementInputs> = {},
) {
  return planRun(await retirement(fault, change));
}

async function retirement(
  { inputs: registration, urls }: Pick<FaultScene, 'inputs' | 'urls'>,
  change: Partial<RetirementInputs>,
  signal = AbortSignal.timeout(170_000),
) {
  const inputs: RetirementInputs = { version: 1, policy: 'retain', registration, ...change };
  const redactions = new Redactions();
  const connection = {
    server: urls.kubernetes,
    options: async () => ({ headers: { authorization: 'Bearer admin-token' } }),
  };
  const wait = () => new Promise<void>(setImmediate);
  const sources = { kubernetes: kubernetesClient(connection, { signal, wait }), environment: {}, redactions };
  const target = await openRetirementTarget(inputs, sources, signal);
  const log = createLog({ format: 'json', write: () => undefined, redactions });
  const shutdownClient = kubernetesClient(connection, { attempts: 1 });
  return { inputs, sources, target, log, signal, shutdownClient, onAction: () => undefined };
}
