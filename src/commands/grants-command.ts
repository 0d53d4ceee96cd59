import { Command } from 'commander';
import { print } from '../text/command-line.ts';
import { required } from './required-option.ts';

interface Flags {
  readonly role?: string;
  readonly schema: string;
  readonly table: string;
}

export function grantsCommand(): Command {
  return new Command('grants')
    .description('Print the least SQL rights that registration needs in the database of the warehouse rows')
    .option('--role <name>', 'database role of the registration Job (required)')
    .option('--schema <name>', 'schema of the warehouse table', 'public')
    .option('--table <name>', 'name of the warehouse table', 'duckgres_managed_warehouses')
    .addHelpText('after', '\nExample:\n  lakekeeper-gitops grants --role lakekeeper_gitops | psql')
    .action(async ({ role, schema, table }: Flags, command: Command) => {
      const named = required(role, '--role <name>', command);
      const { grants } = await import('../registration/row/apply.ts');
      print(grants({ schema, table }, named));
    });
}
