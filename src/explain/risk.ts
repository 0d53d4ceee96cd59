/** How much a reviewer has to look: from nothing to do, up to data that is out of reach afterwards. */
export const risks = ['none', 'low', 'medium', 'high', 'critical'] as const;
export type Risk = (typeof risks)[number];

/** Negative when `a` is the smaller risk. */
export function compareRisk(a: Risk, b: Risk): number {
  return risks.indexOf(a) - risks.indexOf(b);
}

export function highestRisk(all: Iterable<Risk>): Risk {
  return [...all].reduce((highest, risk) => (compareRisk(risk, highest) > 0 ? risk : highest), 'none');
}
