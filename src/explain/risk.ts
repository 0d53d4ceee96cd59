/** How carefully a change has to be reviewed: from no effect at all, up to data that cannot be reached afterwards. */
export const risks = ['none', 'low', 'medium', 'high', 'critical'] as const;
export type Risk = (typeof risks)[number];

/** Negative when `a` is the smaller risk. */
export function compareRisk(a: Risk, b: Risk): number {
  return risks.indexOf(a) - risks.indexOf(b);
}

export function highestRisk(all: Iterable<Risk>): Risk {
  return [...all].reduce((highest, risk) => (compareRisk(risk, highest) > 0 ? risk : highest), 'none');
}
