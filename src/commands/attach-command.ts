import { Command } from 'commander';
import type { RawRecord } from '../mapping/raw-record.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { print } from '../text/command-line.ts';
import { openRecords, readOptionalPlatform, type SourceFlags, withSourceOptions } from './fleet-options.ts';
import { required } from './required-option.ts';

interface Flags extends SourceFlags {
  readonly org?: string;
  readonly as: string;
  readonly platform?: string;
}

export function attachCommand(): Command {
  const command = new Command('attach')
    .description("Print the SQL with which a DuckDB session attaches a registered org's catalog")
    .option('--org <id>', 'the org (required)')
    .option('--as <name>', 'name of the catalog in the session', 'lake')
    .option(
      '--platform <file>',
      'platform settings, for the source and the scope of tokens (default: platform.yaml, if it exists)',
    );
  return withSourceOptions(command)
    .addHelpText('after', '\nExample:\n  lakekeeper-gitops attach --org acme --warehouses warehouses.yaml')
    .action(async (flags: Flags, command: Command) => {
      const org = required(flags.org, '--org <id>', command);
      const [{ findRecord }, { attachment }, { attachSQL }] = await Promise.all([
        import('../worker/attach/find-record.ts'),
        import('../worker/attach/attachment.ts'),
        import('../worker/attach/attach-sql.ts'),
      ]);
      const settings = await readOptionalPlatform(flags.platform);
      const record = await findRecord(await openRecords(flags, settings), org, await inCluster(settings));
      print(attachSQL(attachment(record, settings), flags.as));
    });
}

/** Completes a record with what the settings record beside the source, in the cluster; undefined when they do not. */
async function inCluster(
  settings: Platform | undefined,
): Promise<((raw: RawRecord) => Promise<RawRecord>) | undefined> {
  if (settings === undefined) return undefined;
  const [{ isRecordedElsewhere }, { recordedBeside }] = await Promise.all([
    import('../platform/record-database.ts'),
    import('../open-fleet.ts'),
  ]);
  if (!isRecordedElsewhere(settings)) return undefined;
  return async (raw) => {
    for await (const completed of await recordedBeside([raw], settings, { records: 'cluster' }))
      return completed;
    return raw;
  };
}
