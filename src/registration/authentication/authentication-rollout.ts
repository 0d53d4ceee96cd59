import type { AuthenticationStage } from './authentication-stage.ts';

/**
 * Authentication without an interruption: workers first, then the row, then the server; and back the other way. A
 * server without authentication ignores tokens, so sessions may log in before they have to. Pure: what is seen, and
 * what follows from it.
 */

/** What is seen of one org. */
export interface ObservedRollout {
  /** In Git. */
  readonly wanted: 'none' | 'prepare' | 'enforce';
  /**
   * `enforces`: it accepts the tokens that Git asks for, and refuses requests without; `enforcesOther`: it refuses them
   * too. `unknown`: it does not answer. `absent`: its resource has not been applied yet.
   */
  readonly server: 'open' | 'enforces' | 'enforcesOther' | 'unknown' | 'absent';
  /** Whether sessions attach by the row, and whether they ask for a token. */
  readonly row: 'notRegistered' | 'withoutToken' | 'withToken';
  /** Why workers cannot log in: a text for each that cannot. Empty where workers are not seen. */
  readonly workers: readonly string[];
}

/**
 * Why the server may not refuse requests without a token yet; undefined when it may. An org that has never been
 * registered has nothing to lose.
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

/** What becomes of the token endpoint in the row, when the server is as it was verified. */
export function planTokenEndpoint(observed: ObservedRollout): 'write' | 'clear' | 'leave' {
  const { wanted, server, workers } = observed;
  if (wanted === 'none') return 'clear';
  if (wanted === 'enforce' && server === 'enforces') return 'write';
  return workers.length === 0 ? 'write' : 'leave';
}

/** All stages, in their order. */
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
