import type { Command } from 'commander';

/**
 * The value of a required flag. Commander's own `requiredOption` is checked before unknown flags: for `--ogr` it would
 * report that `--org` is missing.
 *
 * @param flag as the command states it: `--org <id>`.
 * @throws CommanderError when it was not given.
 */
export function required(value: string | undefined, flag: string, command: Command): string {
  return value ?? command.error(`error: required option '${flag}' not specified`);
}
