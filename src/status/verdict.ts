/** What can be said of an org, the worst first. */
export const verdicts = [
  'broken',
  'unknown',
  'orphan',
  'drifted',
  'waiting',
  'retiring',
  'registered',
] as const;
export type Verdict = (typeof verdicts)[number];

/** The parts that an org has, in the order in which they depend on each other. */
export const subjects = [
  'record',
  'manifests',
  'Argo CD',
  'Secret',
  'metadata store',
  'catalog',
  'server',
  'warehouse',
  'storage',
  'row',
  'registration',
  'workers',
] as const;
export type Subject = (typeof subjects)[number];

/** One thing that is not as it should be. */
export interface Finding {
  readonly verdict: Exclude<Verdict, 'registered'>;
  readonly subject: Subject;
  /** For people: what was expected, and what was seen. */
  readonly what: string;
  /** The command that helps. */
  readonly command?: string | undefined;
}

/** What became of one org, or of something that no org owns. */
export interface OrgStatus {
  /** Undefined when nothing says whose it is. */
  readonly org: string | undefined;
  /** Of its catalog; of an orphan, that of the thing. */
  readonly name: string;
  readonly namespace: string | undefined;
  readonly verdict: Verdict;
  /** The worst first. */
  readonly findings: readonly Finding[];
  readonly workers?: { readonly running: number; readonly ready: number } | undefined;
  /** Of the server, as it says. */
  readonly version?: string | undefined;
}

const rank = (verdict: Verdict): number => verdicts.indexOf(verdict);

/** The worst of the findings; `registered` when there is none. */
export function worst(findings: readonly Finding[]): Verdict {
  const ranks = findings.map(({ verdict }) => rank(verdict));
  return verdicts[Math.min(...ranks, rank('registered'))] ?? 'registered';
}

/** The worst first; of one verdict, in the order in which they were found. */
export function sorted(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => rank(a.verdict) - rank(b.verdict));
}

/** The worst first, then by name. */
export function byVerdict(a: OrgStatus, b: OrgStatus): number {
  return rank(a.verdict) - rank(b.verdict) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}

/** Whether somebody has to do something about it; what waits goes on by itself. */
export function needsSomebody(verdict: Verdict): boolean {
  return verdict === 'broken' || verdict === 'orphan' || verdict === 'drifted';
}
