import { Command } from 'commander';
import type { RecordTable } from '../mapping/record-table.ts';
import type { Platform } from '../platform/platform-settings.ts';
import { print } from '../text/command-line.ts';
import { readOptionalPlatform } from './fleet-options.ts';
import { required } from './required-option.ts';

interface Flags {
  readonly role?: string;
  readonly schema?: string;
  readonly table?: string;
  readonly platform?: string;
}

export function grantsCommand(): Command {
  return new Command('grants')
    .description(
      'Print the least SQL rights that registration needs in the database where it records the orgs, and the ' +
        'definition of a table of its own; or the Kubernetes rights to read orgs that are resources',
    )
    .option(
      '--role <name>',
      'database role of the registration Job, or name of the Kubernetes Role (required)',
    )
    .option('--platform <file>', 'platform settings (default: platform.yaml, if it exists)')
    .option('--schema <name>', 'schema of the table that is written (default: of the settings, then public)')
    .option(
      '--table <name>',
      'name of the table that is written (default: of the settings, then duckgres_managed_warehouses)',
    )
    .addHelpText('after', '\nExample:\n  lakekeeper-gitops grants --role lakekeeper_gitops | psql')
    .action(async (flags: Flags, command: Command) => {
      const role = required(flags.role, '--role <name>', command);
      print((await rights(flags, role)).join('\n'));
    });
}

async function rights(flags: Flags, role: string): Promise<string[]> {
  const settings = await readOptionalPlatform(flags.platform);
  const { grants } = await import('../registration/row/grants.ts');
  const listed = settings && (await import('../platform/source-settings.ts')).sourceResource(settings.source);
  if (settings === undefined || listed === undefined)
    return [grants(await writtenTable(flags, settings), role)];
  const { record } = settings.registration;
  const { resourceGrants } = await import('../registration/row/resource-grants.ts');
  return [
    resourceGrants(listed, 'resource' in record ? record.resource : undefined, role),
    ...('table' in record ? [grants(await writtenTable(flags, settings), role)] : []),
  ];
}

async function writtenTable({ schema, table }: Flags, settings: Platform | undefined): Promise<RecordTable> {
  const [{ recordTable }, { relationOf }] = await Promise.all([
    import('../mapping/record-table.ts'),
    import('../mapping/relation.ts'),
  ]);
  if (settings === undefined) return recordTable(relationOf(undefined, { schema, table }));
  const { recordTableOf } = await import('../catalog/record-target.ts');
  return recordTable({ ...recordTableOf(settings), ...(schema && { schema }), ...(table && { table }) });
}
