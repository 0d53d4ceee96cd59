import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Argument, Command, Option } from 'commander';
import { print } from '../text/command-line.ts';
import type { Choices } from './scaffold.ts';

interface Flags {
  readonly source: Choices['source'];
  readonly ci: Choices['ci'];
  readonly repository?: string;
  readonly from?: string;
  readonly relation?: string;
}

export function initCommand(): Command {
  return new Command('init')
    .description('Start a repository of manifests, with settings and CI. Existing files are not changed')
    .addArgument(new Argument('[directory]', 'directory of the repository').default('.'))
    .addOption(
      new Option('--source <source>', 'source of the orgs').choices(['file', 'postgres']).default('file'),
    )
    .addOption(
      new Option('--ci <forge>', 'CI that renders the manifests')
        .choices(['github', 'gitlab', 'none'])
        .default('github'),
    )
    .option(
      '--from <url>',
      'postgres:// URL of the control plane, or "env" for the PG* variables: its columns become the mapping',
    )
    .option('--relation <name>', 'table or view with the orgs, with its schema; for --from')
    .option('--repository <url>', 'URL of the repository; with it, the objects of Argo CD are rendered too')
    .addHelpText(
      'after',
      `
Example:
  lakekeeper-gitops init catalogs --repository https://github.com/acme/catalogs.git`,
    )
    .action(async (directory: string, { source, ci, repository, from, relation }: Flags) => {
      const [{ scaffold }, { shippedText }, { table }, { parsePlatform }, { parseText }] = await Promise.all([
        import('./scaffold.ts'),
        import('../text/shipped-text.ts'),
        import('../text/table.ts'),
        import('../platform/parse.ts'),
        import('../text/text-file.ts'),
      ]);
      const mapping = from === undefined ? undefined : await guessedFrom(from, relation);
      const files = scaffold({ source, ci, repository, mapping }, (path) => shippedText(`examples/${path}`));
      // The URL of the repository is the user's input.
      parsePlatform('platform.yaml', parseText('platform.yaml', files.get('platform.yaml') ?? ''));
      await refuseIgnoredOutput(directory);
      const rows: string[][] = [];
      for (const [path, text] of files)
        rows.push([
          path,
          (await writeNew(join(directory, path), text)) ? 'written' : 'kept: the file exists',
        ]);
      print(
        `${await table(['FILE', 'RESULT'], rows)}\nNext: look for CHANGE in ` +
          `${join(directory, 'platform.yaml')}, then run lakekeeper-gitops synth there`,
      );
    });
}

/** The settings of the source, from the columns of a relation. */
async function guessedFrom(from: string, named: string | undefined): Promise<string> {
  const [{ parseConnection }, { readColumns }, { relationOf }, { guessedSource }] = await Promise.all([
    import('../clients/postgres/connection.ts'),
    import('../source/read-columns.ts'),
    import('../mapping/relation.ts'),
    import('../mapping/guess-mapping.ts'),
  ]);
  const relation = relationOf(named);
  const connection = parseConnection(from === 'env' ? undefined : from, process.env);
  return guessedSource(relation, await readColumns(connection, relation));
}

/** Where there is no Git, nothing is ignored. */
async function refuseIgnoredOutput(directory: string): Promise<void> {
  const [{ refuseIgnored }, { GitMissing }] = await Promise.all([
    import('../tree/ignored-by-git.ts'),
    import('../tree/git.ts'),
  ]);
  try {
    await refuseIgnored(join(directory, 'dist'));
  } catch (error) {
    if (!(error instanceof GitMissing)) throw error;
  }
}

async function writeNew(path: string, text: string): Promise<boolean> {
  const { wrapped, codeOf } = await import('../text/file-system-error.ts');
  return wrapped(`writing ${path}`, async () => {
    await mkdir(dirname(path), { recursive: true });
    try {
      await writeFile(path, text, { flag: 'wx' });
      return true;
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false;
      throw error;
    }
  });
}
