import type { KubernetesClient } from '../clients/kubernetes/kubernetes-client.ts';
import { outcomeOfError } from '../registration/outcomes.ts';
import { retirementFailure } from '../registration/row/retirement-record.ts';
import { shutdownTimeoutMs } from '../registration/row/row.ts';
import { explain } from '../text/errors.ts';
import { openRetirementTarget } from './record.ts';
import { type Retired, retire } from './retire.ts';
import type { Retirement } from './retirement.ts';

/**
 * Retires one org. Where that fails, the reason is recorded where the retirement would be.
 *
 * @param shutdownClient a client that still works after the retirement's signal.
 * @throws what `retire` throws.
 */
export async function runRetirement(
  retirement: Retirement,
  shutdownClient: KubernetesClient,
): Promise<Retired> {
  try {
    return await retire(retirement);
  } catch (error) {
    await recordFailure(retirement, shutdownClient, error).catch((cause: unknown) =>
      // The run ends with the failure itself; this one is only logged.
      retirement.log.warn('could not record the failure', { step: 'record', why: explain(cause) }),
    );
    throw error;
  }
}

async function recordFailure(
  { inputs, sources }: Retirement,
  shutdownClient: KubernetesClient,
  error: unknown,
): Promise<void> {
  const reason = sources.redactions.apply(explain(error)).replaceAll('\n', ' ');
  const signal = AbortSignal.timeout(shutdownTimeoutMs);
  const target = await openRetirementTarget(inputs, { ...sources, kubernetes: shutdownClient }, signal);
  await target.writeFailure(retirementFailure(reason, outcomeOfError(error) !== 'try again'));
}
