import type { Plan } from '../explain/plan-schema.ts';
import { type Risk, risks } from '../explain/risk.ts';

/**
 * Title, commit message and labels of a pull request. They contain no untrusted text such as an org id: titles and
 * labels are copied into mails, chats and shells.
 */
export interface PullRequest {
  readonly title: string;
  readonly commitMessage: string;
  readonly labels: readonly string[];
  /** Labels of earlier plans, to be removed. */
  readonly staleLabels: readonly string[];
}

export function pullRequest(plan: Plan): PullRequest {
  const title = `Catalogs: ${summary(plan)}`;
  return {
    title,
    commitMessage: `${title}\n\n${trailer(plan)}\n`,
    labels: ['lakekeeper-gitops', riskLabel(plan.risk)],
    staleLabels: risks.filter((risk) => risk !== plan.risk).map(riskLabel),
  };
}

function riskLabel(risk: Risk): string {
  return `risk: ${risk}`;
}

function summary({ orgs, files }: Plan): string {
  const parts = [
    ...(orgs.added > 0 ? [`${orgs.added} new`] : []),
    ...(orgs.leaving > 0 ? [`${orgs.leaving} leaving`] : []),
    ...(orgs.removed > 0 ? [`${orgs.removed} removed`] : []),
    ...(orgs.changed > 0 ? [`${orgs.changed} changed`] : []),
  ];
  if (parts.length > 0) return parts.join(', ');
  return files.created + files.updated + files.removed > 0 ? 'shared objects' : 'no changes';
}

function trailer({ risk, files }: Plan): string {
  return `Files: ${files.created} created, ${files.updated} updated, ${files.removed} removed\nRisk: ${risk}`;
}
