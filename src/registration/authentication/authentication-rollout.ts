import type { AuthenticationStage } from './authentication-stage.ts';

/**
 * Switches authentication on without an interruption: workers first, then the row, then the server; and off in the
 * reverse order. A server without authentication ignores tokens, so sessions may send them earlier. Pure.
 */

/** The observed state of one org. */
export interface ObservedRollout {
  /** By the settings in Git. */
  readonly wanted: 'none' | 'prepare' | 'enforce';
  /**
   * `open`: it accepts requests without a token. `enforces`: it requires the tokens of the settings. `enforcesOther`:
   * it requires a token, but refuses those of the settings. `unknown`: it does not answer. `absent`: the custom
   * resource has not been applied yet.
   */
  readonly server: 'open' | 'enforces' | 'enforcesOther' | 'unknown' | 'absent';
  /** Whether the row makes sessions attach, and whether they request a token. */
  readonly row: 'notRegistered' | 'withoutToken' | 'withToken';
  /** A reason for each worker that cannot log in. Empty if workers are not observed. */
  readonly workers: readonly string[];
}

/**
 * Why the server must not require a token yet; undefined if it may. An org that was never registered has no sessions
 * that could fail.
 */
export function whyNotEnforce({ wanted, server, row, workers }: ObservedRollout): string | undefined {
  if (wanted !== 'enforce' || row === 'notRegistered') return undefined;
  if (server === 'enforces' || server === 'absent') return undefined;
  if (server === 'enforcesOther')
    return (
      'the catalog refuses the tokens that the settings ask for, so its workers have others; apply the new settings ' +
      'with authentication.rollout: prepare first, and replace the workers'
    );
  if (row === 'withoutToken')
    return (
      'its row has no token endpoint, so sessions attach without a token; apply authentication.rollout: prepare ' +
      'first, and wait until registration has written it'
    );
  return workers.length === 0 ? undefined : cannotLogIn(workers);
}

/** What to do with the token endpoint in the row, for the verified server. */
export function planTokenEndpoint(observed: ObservedRollout): 'write' | 'clear' | 'leave' {
  const { wanted, server, workers } = observed;
  if (wanted === 'none') return 'clear';
  if (wanted === 'enforce' && server === 'enforces') return 'write';
  return workers.length === 0 ? 'write' : 'leave';
}

/** All stages, in order. */
export const stages = ['none', 'preparing', 'prepared', 'heldBack', 'enforced'] as const;

/** @param observed with the row as it is after this run. */
export function stageOf(observed: ObservedRollout): AuthenticationStage {
  const { wanted, server, workers } = observed;
  if (wanted === 'none') return { stage: 'none' };
  if (wanted === 'prepare')
    return workers.length === 0
      ? { stage: 'prepared' }
      : { stage: 'preparing', waitsFor: cannotLogIn(workers) };
  if (server === 'enforces')
    return workers.length === 0
      ? { stage: 'enforced' }
      : { stage: 'enforced', waitsFor: cannotLogIn(workers) };
  return {
    stage: 'heldBack',
    waitsFor:
      whyNotEnforce(observed) ??
      'a sync by Argo CD, which lets the catalog refuse requests without a token: its row and its workers are ready',
  };
}

const mostNamed = 5;

function cannotLogIn(workers: readonly string[]): string {
  const named = workers.slice(0, mostNamed).join('; ');
  const more = workers.length - mostNamed;
  return `workers that cannot log in: ${named}${more > 0 ? `; and ${more} more` : ''}`;
}
