import { UsageError } from '../../src/text/errors.ts';

/** The problems of the settings that `work` parses, one line each, without the heading; empty if they are accepted. */
export function refusals(work: () => unknown): string[] {
  try {
    work();
    return [];
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
}
