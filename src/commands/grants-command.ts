import { existsSync } from 'node:fs';
import { Command } from 'commander';
import type { RecordTable } from '../mapping/record-table.ts';
import { print } from '../text/command-line.ts';
import { required } from './required-option.ts';

interface Flags {
  readonly role?: string;
  readonly schema?: string;
  readonly table?: string;
  readonly platform?: string;
}

const defaultPlatform = 'platform.yaml';

export function grantsCommand(): Command {
  return new Command('grants')
    .description(
      'Print the least SQL rights that registration needs in the database where it records the orgs, and the ' +
        'definition of a table of its own',
    )
    .option('--role <name>', 'database role of the registration Job (required)')
    .option('--platform <file>', 'platform settings (default: platform.yaml, if it exists)')
    .option('--schema <name>', 'schema of the table that is written (default: of the settings, then public)')
    .option(
      '--table <name>',
      'name of the table that is written (default: of the settings, then duckgres_managed_warehouses)',
    )
    .addHelpText('after', '\nExample:\n  lakekeeper-gitops grants --role lakekeeper_gitops | psql')
    .action(async (flags: Flags, command: Command) => {
      const role = required(flags.role, '--role <name>', command);
      const { grants } = await import('../registration/row/grants.ts');
      print(grants(await writtenTable(flags), role));
    });
}

async function writtenTable({
  schema,
  table,
  platform = existsSync(defaultPlatform) ? defaultPlatform : undefined,
}: Flags): Promise<RecordTable> {
  const [{ recordTable }, { relationOf }] = await Promise.all([
    import('../mapping/record-table.ts'),
    import('../mapping/relation.ts'),
  ]);
  if (platform === undefined) return recordTable(relationOf(undefined, { schema, table }));
  const [{ readPlatform }, { recordTableOf }] = await Promise.all([
    import('../platform/parse.ts'),
    import('../catalog/record-target.ts'),
  ]);
  const settings = await readPlatform(platform);
  return recordTable({ ...recordTableOf(settings), ...(schema && { schema }), ...(table && { table }) });
}
