import type { RetirementResult } from '../retirement/open-retirer.ts';
import { printableLines } from '../text/printable.ts';

/**
 * The result in one sentence, and what to do about a failure. It is the last line of a Job and its termination message.
 */
export function retirementSentence({ org, result, detail, actions }: RetirementResult): string {
  const name = JSON.stringify(org);
  const sentences = {
    retired: `org ${name} is ${detail}`,
    unchanged: `org ${name} is ${detail} (no changes)`,
    stopped: `nothing was done for org ${name}: ${detail}`,
    planned: `org ${name}: ${actions.length} to do; nothing was changed`,
    failed: `error: retiring org ${name} failed: ${detail}`,
  } as const;
  return printableLines(sentences[result]);
}
