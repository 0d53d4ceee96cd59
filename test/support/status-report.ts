import type { FleetStatus } from '../../src/status/fleet-status.ts';
import { type StatusReport, statusReport } from '../../src/status/status-schema.ts';
import { type Finding, type OrgStatus, verdicts } from '../../src/status/verdict.ts';

const words: Record<Finding['verdict'], Omit<Finding, 'verdict'>> = {
  broken: {
    subject: 'Secret',
    what: 'there is no Secret, but the database already holds a catalog',
    command: 'kubectl get secrets',
  },
  unknown: { subject: 'server', what: 'while asking the catalog without a token: connect ECONNREFUSED' },
  orphan: { subject: 'metadata store', what: 'no org owns the database', command: "psql -c '\\l+'" },
  drifted: {
    subject: 'metadata store',
    what: "registration would set the role's password",
    command: 'lakekeeper-gitops register',
  },
  waiting: { subject: 'catalog', what: 'the Deployment is rolling out: 1 of 2 pods updated, 1 available' },
  retiring: { subject: 'record', what: 'its row says that it is to have no catalog' },
};

/** The status of a fleet, of which most are in order. */
export function anyReport(orgs: number, first: Partial<OrgStatus> = {}): StatusReport {
  const all = Array.from({ length: orgs }, (_, i): OrgStatus => {
    const verdict = i < 60 ? (verdicts[i % 6] ?? 'registered') : 'registered';
    const findings = verdict === 'registered' ? [] : [{ verdict, ...words[verdict] }];
    const name = `lakekeeper-org-${i}`;
    return {
      ...{ org: `org-${i}`, name, namespace: 'lakekeeper', verdict, findings, version: '0.13.3' },
      workers: { running: i % 7, ready: i % 7 },
      ...(i === 0 && first),
    };
  });
  const sorted: FleetStatus = {
    orgs: all.sort((a, b) => verdicts.indexOf(a.verdict) - verdicts.indexOf(b.verdict)),
    skipped: 3,
  };
  return statusReport(sorted, new Date('2026-12-01T08:00:00Z'));
}
