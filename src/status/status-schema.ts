import * as z from 'zod';
import type { FleetStatus } from './fleet-status.ts';
import { type OrgStatus, subjects, type Verdict, verdicts } from './verdict.ts';

/**
 * The status as JSON: part of the interface. Texts are as they are at their places, so they are hostile until they
 * are escaped where they are shown. Keys are added within a version; anything else makes a new one.
 */

const count = z.int().min(0);
const verdict = z.enum(verdicts);

const finding = z.strictObject({
  verdict: verdict.exclude(['registered']),
  subject: z.enum(subjects),
  what: z.string().describe('For people; may change. Of waiting: what is waited for'),
  command: z.string().nullable().describe('The command that helps, for a POSIX shell'),
});

const orgStatus = z.strictObject({
  org: z.string().nullable().describe('Org id; null if it is not known'),
  name: z.string().describe('Name of the catalog, or of the orphan'),
  namespace: z.string().nullable(),
  verdict: verdict.describe('The worst of the findings; registered without any'),
  findings: z.array(finding).describe('The worst first'),
  retired: z
    .boolean()
    .optional()
    .describe(
      'Of retiring: whether its retirement is recorded, so that synth --status removes its directory',
    ),
  workers: z
    .strictObject({ running: count, ready: count })
    .nullable()
    .describe("Pods of the org's workers; null if they were not read"),
  version: z.string().nullable().describe('Version that the Lakekeeper server reports'),
});

export const statusSchema = z.strictObject({
  version: z.literal(1),
  at: z.iso.datetime().describe('When the check began'),
  totals: z.strictObject(
    Object.fromEntries(verdicts.map((one) => [one, count])) as Record<Verdict, typeof count>,
  ),
  skipped: count.describe('Orgs of the source that are not meant to have a catalog'),
  orgs: z.array(orgStatus).describe('The worst first, then by name'),
});

export type StatusReport = z.output<typeof statusSchema>;
export type ReportedOrg = StatusReport['orgs'][number];

/** JSON Schema of the status: `schemas/status.schema.json`. */
export function statusJsonSchema(): object {
  const { $schema, ...schema } = z.toJSONSchema(statusSchema);
  return { $schema, title: 'Status of lakekeeper-gitops', ...schema };
}

export function statusReport({ orgs, skipped }: FleetStatus, at: Date): StatusReport {
  const totals = Object.fromEntries(verdicts.map((one) => [one, 0])) as Record<Verdict, number>;
  for (const { verdict: one } of orgs) totals[one] += 1;
  return { version: 1, at: at.toISOString(), totals, skipped, orgs: orgs.map(reported) };
}

function reported({
  org,
  name,
  namespace,
  verdict: one,
  findings,
  isRetired = false,
  workers,
  version,
}: OrgStatus): ReportedOrg {
  return {
    org: org ?? null,
    name,
    namespace: namespace ?? null,
    verdict: one,
    findings: findings.map(({ command, ...rest }) => ({ ...rest, command: command ?? null })),
    retired: isRetired,
    workers: workers ?? null,
    version: version ?? null,
  };
}
