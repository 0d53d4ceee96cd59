import { Command, Option } from 'commander';
import { parsePlatform } from '../platform/parse.ts';
import { print, say } from '../report/command-line.ts';
import { ExitCode } from '../report/errors.ts';
import { printable } from '../report/printable.ts';
import { table } from '../report/table.ts';
import { openSource } from '../source/open.ts';
import { readDucklings } from '../source/read-ducklings.ts';
import { parseText, readText } from '../source/yaml-file.ts';
import type { SynthReport } from '../synth.ts';

interface Flags {
  readonly warehouses?: string;
  readonly schema: string;
  readonly table: string;
  readonly platform: string;
  readonly ducklings?: string;
  readonly out: string;
  readonly check: boolean;
  readonly strict: boolean;
  readonly allowRemoval: boolean;
  readonly output: 'table' | 'json';
}

export function synthCommand(): Command {
  return new Command('synth')
    .description('Render the manifests of every org into the output directory')
    .option(
      '--warehouses <url|file>',
      'postgres:// URL, or a YAML or JSON file (default: $LAKEKEEPER_GITOPS_WAREHOUSES, then PG* variables, then warehouses.yaml)',
    )
    .option('--schema <name>', 'schema of the warehouse table', 'public')
    .option('--table <name>', 'name of the warehouse table', 'duckgres_managed_warehouses')
    .option('--platform <file>', 'platform settings', 'platform.yaml')
    .option(
      '--ducklings <file|cluster>',
      'Duckling resources that fill what rows lack: the output of "kubectl get ducklings -A -o json", or "cluster" to ask the cluster of your kubeconfig',
    )
    .option('--out <dir>', 'output directory', 'dist')
    .option('--check', 'write nothing; exit 1 and list what differs, if anything does', false)
    .option('--strict', 'exit 1 instead of 3 when an org is rejected', false)
    .option(
      '--allow-removal',
      'go on although the source is empty, or more than 10 % of the orgs would go',
      false,
    )
    .addOption(new Option('--output <format>', 'what is printed').choices(['table', 'json']).default('table'))
    .addHelpText(
      'after',
      `
Exit codes: 0 done, 1 --check found a difference or something to try again, 2 wrong usage or settings, 3 done but some orgs were rejected, 4 held back

Example:
  lakekeeper-gitops synth --warehouses postgres://reader@config-store/duckgres --platform platform.yaml --out dist`,
    )
    .action(async (flags: Flags) => {
      // cdk8s and the clients are loaded only when they are needed: --help stays quick.
      const { synth } = await import('../synth.ts');
      const platform = parsePlatform(
        flags.platform,
        parseText(flags.platform, await readText(flags.platform)),
      );
      const report = await synth({
        records: await openSource(flags, process.env),
        platform,
        ducklings: await readDucklings(flags.ducklings),
        out: flags.out,
        check: flags.check,
        allowRemoval: flags.allowRemoval,
      });
      warn(report, flags);
      print(flags.output === 'json' ? asJson(report) : asTables(report, flags));
      process.exitCode = exitCode(report, flags);
    });
}

function exitCode({ heldBack, rejected, changes }: SynthReport, { check, strict }: Flags): ExitCode {
  if (heldBack !== undefined) return ExitCode.permanent;
  if (check && changes.length > 0) return ExitCode.transient;
  if (rejected.length > 0) return strict ? ExitCode.transient : ExitCode.someRejected;
  return ExitCode.done;
}

function warn({ heldBack, changes, unknownOverrides }: SynthReport, { check, out }: Flags): void {
  for (const org of unknownOverrides)
    say(`warning: the settings override org ${JSON.stringify(org)}, which the source does not have`);
  if (heldBack !== undefined)
    say(
      `error: ${heldBack}; nothing was changed. Look at the source; if this is meant, run again with --allow-removal`,
    );
  if (!check || heldBack !== undefined) return;
  for (const { path, change } of changes) say(`${differs[change]} ${out}/${path}`);
  if (changes.length > 0)
    say(`error: ${out} is not up to date; run the same command without --check and commit what it writes`);
}

const differs = { created: 'missing', updated: 'differs', removed: 'obsolete' } as const;

function asJson({ rendered, skipped, rejected, removed, files }: SynthReport): string {
  return JSON.stringify(
    {
      rendered,
      skipped: skipped.map(({ org, reason }) => ({ org, reason })),
      rejected: rejected.map(({ org, problems }) => ({ org: org ?? null, problems })),
      removed: removed.map(({ org, name, directory }) => ({ org: org ?? null, name, directory })),
      files,
    },
    null,
    2,
  );
}

function asTables(
  { rendered, skipped, rejected, removed, files, heldBack }: SynthReport,
  { check, out }: Flags,
): string {
  const changed = rendered.filter((org) => org.changed);
  // Of a large fleet only what changes is listed.
  const listed = rendered.length <= 50 ? rendered : changed;
  const rows = [
    ...listed.map((org) => [org.org, org.changed ? 'rendered' : 'unchanged', org.directory]),
    ...skipped.map(({ org, reason, keep }) => [
      org,
      'skipped',
      keep ? `${reason}; what is committed stays` : reason,
    ]),
    ...rejected.flatMap(({ org, problems }) =>
      problems.map(({ at, message }) => [org ?? '(unknown)', 'rejected', `${at}: ${message}`]),
    ),
    ...removed.map(({ org, name, directory }) => [
      org ?? name,
      heldBack === undefined ? 'removed' : 'would go',
      directory,
    ]),
  ];
  const counts = `${changed.length} rendered, ${rendered.length - changed.length} unchanged, ${skipped.length} skipped, ${rejected.length} rejected, ${removed.length} ${heldBack === undefined ? 'removed' : 'would go'}`;
  const inFiles = `${files.written} files ${check ? 'differ' : 'written'}, ${files.unchanged} unchanged, ${files.removed} ${check ? 'obsolete' : 'removed'}`;
  return `${rows.length > 0 ? `${table(['ORG', 'RESULT', 'WHERE OR WHY'], rows)}\n` : ''}${counts} (${inFiles} in ${printable(out)})`;
}
