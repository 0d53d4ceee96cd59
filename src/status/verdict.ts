/** Verdicts on an org, the worst first. */
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

/** One difference from the desired state. */
export interface Finding {
  readonly verdict: Exclude<Verdict, 'registered'>;
  readonly subject: Subject;
  /** For people: what was expected, and what was seen. */
  readonly what: string;
  /** The command that helps. */
  readonly command?: string | undefined;
}

/** The status of one org, or of an orphan. */
export interface OrgStatus {
  /** Undefined if it is not known. */
  readonly org: string | undefined;
  /** Name of the catalog, or of the orphan. */
  readonly name: string;
  readonly namespace: string | undefined;
  readonly verdict: Verdict;
  /** The worst first. */
  readonly findings: readonly Finding[];
  /** Of an org whose retirement is committed and not known to be recorded: its directory. */
  readonly retiringIn?: string | undefined;
  /** Of `retiring`: whether its retirement is recorded, so that its directory can go. */
  readonly isRetired?: boolean;
  readonly workers?: { readonly running: number; readonly ready: number } | undefined;
  /** Version that the server reports. */
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

/** Whether a person has to act. */
export function needsPerson(verdict: Verdict): boolean {
  return verdict === 'broken' || verdict === 'orphan' || verdict === 'drifted';
}
