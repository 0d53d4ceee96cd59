import type { RetirementInputs } from '../catalog/retirement-inputs.ts';
import { connectKubernetes } from '../clients/kubernetes/kubernetes-connection.ts';
import { done, fieldsOf, type RegistrationAction } from '../registration/actions.ts';
import { type Run, terminationSignal, withRun } from '../registration/run.ts';
import { explain } from '../text/errors.ts';
import { actionOf } from './apply.ts';
import { openRetirementTarget } from './record.ts';
import { planRun } from './retire.ts';
import type { Retirement } from './retirement.ts';
import { runRetirement } from './run-retirement.ts';

export interface RetirerSettings {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  /** How long the run may take, in seconds. */
  readonly deadline: number;
  /** Whether this is the run of an org's Job. */
  readonly isJob: boolean;
}

/** What became of one org. */
export interface RetirementResult {
  readonly org: string;
  /** `unchanged`: it is retired, and was before; `stopped`: it is not to be retired any more; `planned`: a dry run. */
  readonly result: 'retired' | 'unchanged' | 'stopped' | 'planned' | 'failed';
  /** What remains, or why. */
  readonly detail: string;
  /** What was done, also when it failed later; of a dry run, what would be done. */
  readonly actions: readonly RegistrationAction[];
  /** Of `failed`: its class says whether trying again helps. */
  readonly error?: unknown;
}

/** Retires an org, or plans what that would do. Neither throws: how it ended is in the result. */
export interface Retirer {
  retire(inputs: RetirementInputs): Promise<RetirementResult>;
  plan(inputs: RetirementInputs): Promise<RetirementResult>;
}

/** @throws UsageError when there is no cluster to talk to. */
export async function openRetirer(settings: RetirerSettings): Promise<Retirer> {
  const connection = await connectKubernetes(settings);
  const end = terminationSignal();
  const withRetirement = (
    inputs: RetirementInputs,
    work: (retirement: Retirement, actions: RegistrationAction[], run: Run) => Promise<Ended>,
  ): Promise<RetirementResult> => {
    const { org } = inputs.registration;
    const actions: RegistrationAction[] = [];
    return withRun<RetirementResult>(
      inputs.registration,
      { ...settings, command: 'retire', end, connect: async () => connection },
      async (run) => {
        const { sources, log, signal } = run;
        const target = await openRetirementTarget(inputs, sources, signal);
        const onAction = (action: RegistrationAction) => {
          actions.push(action);
          log.info(done(action), fieldsOf(action));
        };
        const ended = await work({ inputs, sources, target, log, signal, onAction }, actions, run);
        return { org, actions, ...ended };
      },
      (error, redactions) => {
        const detail = redactions.apply(explain(error));
        return { org, result: 'failed', detail, actions, error };
      },
    );
  };
  return {
    retire: (inputs) =>
      withRetirement(inputs, async (retirement, actions, { shutdownClient }) => {
        const ended = await runRetirement(retirement, shutdownClient);
        if (ended.outcome === 'stopped') return { result: 'stopped', detail: ended.reason };
        return { result: actions.length > 0 ? 'retired' : 'unchanged', detail: ended.remains };
      }),
    plan: (inputs) =>
      withRetirement(inputs, async (retirement, actions) => {
        const plan = await planRun(retirement);
        if (plan.kind === 'stop') return { result: 'stopped', detail: plan.reason };
        if (plan.kind === 'wait') return { result: 'planned', detail: plan.for };
        actions.push(...plan.actions.map((action) => actionOf(action, retirement)));
        return { result: 'planned', detail: plan.note ?? plan.remains };
      }),
  };
}

type Ended = Pick<RetirementResult, 'result' | 'detail'>;
