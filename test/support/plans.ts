import { type ChangeKind, kinds } from '../../src/explain/change.ts';
import { grouped, platformNames, type SubjectChange } from '../../src/explain/grouping.ts';
import type { Plan } from '../../src/explain/plan-schema.ts';
import { highestRisk } from '../../src/explain/risk.ts';

/** A plan of these changes, complete. */
export function planOf(changes: readonly SubjectChange[], more: Partial<Plan> = {}): Plan {
  const planned = grouped(changes);
  return {
    version: 1,
    program: { version: '1.2.3', registrationImage: 'example.com/lakekeeper-gitops:v1.2.3' },
    against: { directory: 'dist', ref: null, commit: null },
    risk: highestRisk(planned.map(({ risk }) => risk)),
    orgs: { desired: 3, added: 0, leaving: 0, retiring: 0, removed: 0, changed: 3, unchanged: 0 },
    authentication: { none: [], prepare: [], enforce: [] },
    files: { created: 0, updated: 3, removed: 0, unchanged: 6 },
    heldBack: null,
    changes: planned,
    rejected: [],
    skipped: [],
    foreignFiles: [],
    unknownOverrides: [],
    ...more,
  };
}

/** A change of every kind, in which every text is from outside. */
export function everyKindOf(texts: readonly string[]): SubjectChange[] {
  const allKinds = Object.keys(kinds) as ChangeKind[];
  return texts.flatMap((text, i) =>
    allKinds.slice(i % 7, (i % 7) + 5).flatMap((kind): SubjectChange[] => [
      {
        names: { org: text, name: `lakekeeper-${i}` },
        change: { kind, what: text, from: text, to: text, detail: text },
      },
      { names: platformNames, change: { kind, what: text, to: text } },
      { names: { org: `plain-${i}`, name: 'plain' }, change: { kind } },
    ]),
  );
}
