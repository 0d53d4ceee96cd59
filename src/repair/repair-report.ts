import { type Outcome, outcomeOf } from '../registration/outcomes.ts';
import type { RepairedOrg } from './repair-fleet.ts';

/** The output line of one org, as JSON. */
export interface RepairLine {
  readonly org: string;
  readonly catalog: string;
  readonly outcome: Outcome;
  readonly seconds: number;
  /** Kinds of the actions that were done. */
  readonly actions: readonly string[];
  /** The reason, unless the outcome is `unchanged` or `registered`. */
  readonly detail?: string;
}

/** The last output line, as JSON: the number of orgs by outcome. */
export interface RepairTotals {
  readonly shard: string;
  readonly orgs: number;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** The number of actions for all orgs; 0 if all were in order. */
  readonly actions: number;
  readonly seconds: number;
}

const noOutcomes: Readonly<Record<Outcome, number>> = {
  unchanged: 0,
  registered: 0,
  stopped: 0,
  'try again': 0,
  'needs a person': 0,
  'usage error': 0,
};

/** Counts the results of a run without keeping them. */
export class RepairReport {
  private readonly outcomes = { ...noOutcomes };
  private readonly startedMs = performance.now();
  private orgs = 0;
  private actions = 0;

  add(result: RepairedOrg): RepairLine {
    const { org, catalog, detail, seconds, actions } = result;
    const outcome = outcomeOf(result);
    this.orgs += 1;
    this.outcomes[outcome] += 1;
    this.actions += actions.length;
    const isSuccess = outcome === 'unchanged' || outcome === 'registered';
    return {
      org,
      catalog,
      outcome,
      seconds: rounded(seconds),
      actions: actions.map(({ kind }) => kind),
      ...(!isSuccess && { detail }),
    };
  }

  totals({ index, count }: { readonly index: number; readonly count: number }): RepairTotals {
    return {
      shard: `${index}/${count}`,
      orgs: this.orgs,
      outcomes: { ...this.outcomes },
      actions: this.actions,
      seconds: rounded((performance.now() - this.startedMs) / 1000),
    };
  }
}

function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
