import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { NamedSource } from '../open-fleet.ts';
import type { Platform } from '../platform/platform-settings.ts';
import type { FleetInputs } from '../read-fleet.ts';
import type { StatusReport } from '../status/status-schema.ts';
import { printToStderr } from '../text/command-line.ts';
import type { CommittedFiles } from '../tree/committed-files.ts';

const platformFile = 'platform.yaml';

/** Where a command finds the warehouse records. */
export type SourceFlags = NamedSource;

/** Where a command finds the fleet. */
export interface FleetFlags extends SourceFlags {
  readonly platform: string;
  readonly ducklings?: string;
}

/** Adds the options for the source of the warehouse records. */
export function withSourceOptions(command: Command): Command {
  return command
    .option(
      '--warehouses <url|file>',
      'postgres:// URL, a YAML or JSON file, or - for standard input (default: ' +
        '$LAKEKEEPER_GITOPS_WAREHOUSES, then source.resource in the settings, then PG* variables, then ' +
        'warehouses.yaml)',
    )
    .option(
      '--schema <name>',
      'schema of the warehouse table (default: of source.relation in the settings, then public)',
    )
    .option(
      '--table <name>',
      'name of the warehouse table (default: of source.relation in the settings, then ' +
        'duckgres_managed_warehouses)',
    )
    .option(
      '--records <cluster|url|file>',
      'read what registration recorded elsewhere than in the source: "cluster" for that of your kubeconfig, the ' +
        'postgres:// URL of its table, or a file with its ConfigMaps (default: $LAKEKEEPER_GITOPS_RECORDS)',
    );
}

/** Opens the source of the warehouse records. @throws as `openSource`. */
export async function openRecords(
  flags: SourceFlags,
  platform: Platform | undefined,
): Promise<FleetInputs['records']> {
  const { openRecords: open } = await import('../open-fleet.ts');
  return open(flags, platform, process.env, (warning) => printToStderr(`warning: ${warning}`));
}

/** Adds the options for a fleet: the source of the warehouses, the settings, the Ducklings. */
export function withFleetOptions(command: Command): Command {
  return withSourceOptions(command)
    .option('--platform <file>', 'platform settings', platformFile)
    .option(
      '--ducklings <file|cluster>',
      'Duckling resources, for values that rows lack: the output of "kubectl get ducklings -A -o json", or ' +
        '"cluster" to list them in the cluster of your kubeconfig',
    );
}

/** Reads the settings of a command that also works without: the file that is named, or platform.yaml if it exists. */
export async function readOptionalPlatform(
  file = existsSync(platformFile) ? platformFile : undefined,
): Promise<Platform | undefined> {
  return file === undefined ? undefined : (await import('../platform/parse.ts')).readPlatform(file);
}

/** A status that was given, as far as it counts. */
export interface GivenStatus extends Pick<StatusReport, 'orgs'> {
  /** Why nothing in it counts. */
  readonly outdated?: string;
}

/** By how much the clocks of two machines may differ. */
const clockToleranceMs = 300_000;

/**
 * Reads the file of `--status`. One that is older than the last commit of the manifests does not count: it may be
 * about a former retirement of an org, or about its former image. Nor does one of a later time than now.
 *
 * @throws UsageError when it holds no status.
 */
export async function statusIn(
  file: string | undefined,
  against: CommittedFiles['against'],
): Promise<GivenStatus | undefined> {
  if (file === undefined) return undefined;
  const [{ readStatusReport }, { lastCommitTime }] = await Promise.all([
    import('../status/read-report.ts'),
    import('../status/last-commit.ts'),
  ]);
  const { at, orgs } = await readStatusReport(file);
  if (Date.parse(at) > Date.now() + clockToleranceMs) {
    const outdated =
      `${file} does not count: the status is of ${at}, which is in the future. Set the clock of the machine that ` +
      'made it, and run status again';
    return { orgs: [], outdated };
  }
  const committedAt = await lastCommitTime(against);
  if (committedAt === undefined || committedAt <= new Date(at)) return { orgs };
  const outdated =
    `${file} does not count: the status is of ${at}, and ${against.directory} was last changed by a commit at ` +
    `${committedAt.toISOString()}. Run status again`;
  return { orgs: [], outdated };
}

/**
 * Opens the inputs that the options name. Modules are loaded when they are needed, so that --help and errors in the
 * inputs are fast.
 *
 * @throws UsageError when the settings are wrong, or a source is missing or cannot be read.
 */
export async function openFleet(flags: FleetFlags): Promise<FleetInputs> {
  const { readPlatform } = await import('../platform/parse.ts');
  const platform = await readPlatform(flags.platform);
  const { readDucklings } = await import('../source/read-ducklings.ts');
  const records = await openRecords(flags, platform);
  return { platform, records, ducklings: await readDucklings(flags.ducklings) };
}
