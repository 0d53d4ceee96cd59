import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { print } from '../text/command-line.ts';
import { UsageError } from '../text/errors.ts';

interface Flags {
  readonly plan: string;
  readonly directory: string;
  readonly forge: 'github' | 'gitlab';
}

export function pullRequestCommand(): Command {
  return new Command('pull-request')
    .description(
      'Write the texts of a pull request from a plan: title, labels, stale-labels, commit-message and body.md. ' +
        'Print problems that need a person as annotations of the forge. For CI',
    )
    .option('--plan <file>', 'output of plan --output json', 'plan.json')
    .option('--directory <dir>', 'directory to write into', '.')
    .addOption(
      new Option('--forge <forge>', 'format of the annotations')
        .choices(['github', 'gitlab'])
        .default('github'),
    )
    .addHelpText(
      'after',
      `
Example:
  lakekeeper-gitops pull-request --plan plan.json --directory "$RUNNER_TEMP" --forge github`,
    )
    .action(async ({ plan: file, directory, forge }: Flags) => {
      const [
        { parseText, readText },
        { wrapped },
        { planSchema },
        { pullRequest },
        report,
        { planAsMarkdown },
      ] = await Promise.all([
        import('../text/text-file.ts'),
        import('../text/file-system-error.ts'),
        import('../explain/plan-schema.ts'),
        import('./pull-request-text.ts'),
        import('./forge-annotations.ts'),
        import('./plan-markdown.ts'),
      ]);
      const parsed = planSchema.safeParse(parseText(file, await readText(file)));
      if (!parsed.success)
        throw new UsageError(
          `${file} is not a plan; expected the output of plan --output json of this version`,
        );
      const plan = parsed.data;
      const { title, commitMessage, labels, staleLabels } = pullRequest(plan);
      await wrapped(`creating ${directory}`, () => mkdir(directory, { recursive: true }));
      const files = {
        title,
        labels: labels.join('\n'),
        'stale-labels': staleLabels.join('\n'),
        'commit-message': commitMessage,
        'body.md': planAsMarkdown(plan),
      };
      for (const [name, text] of Object.entries(files)) {
        const path = join(directory, name);
        await wrapped(`writing ${path}`, () => writeFile(path, text));
      }
      const write = forge === 'github' ? report.forGitHub : report.forLog;
      for (const annotation of report.annotations(plan)) print(write(annotation));
    });
}
