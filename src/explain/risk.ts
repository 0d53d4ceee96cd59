/** The risk of a change: from no effect (`none`) to data that becomes unreachable (`critical`). */
export const risks = ['none', 'low', 'medium', 'high', 'critical'] as const;
export type Risk = (typeof risks)[number];

/** Negative if `a` is the lower risk. */
export function compareRisk(a: Risk, b: Risk): number {
  return risks.indexOf(a) - risks.indexOf(b);
}

export function highestRisk(all: Iterable<Risk>): Risk {
  return [...all].reduce((highest, risk) => (compareRisk(risk, highest) > 0 ? risk : highest), 'none');
}

/** A kind of change: its risk, its title, and what happens when it is applied. */
export interface Kind {
  readonly risk: Exclude<Risk, 'none'>;
  readonly title: string;
  readonly effect: string;
}
