import type { Command } from 'commander';

/**
 * The value of a flag that a command cannot do without. Not commander's `requiredOption`, which is looked at before
 * unknown flags: whoever writes `--ogr` would be told that `--org` is missing.
 *
 * @param flag as the command states it: `--org <id>`.
 * @throws CommanderError when it was not given.
 */
export function required(value: string | undefined, flag: string, command: Command): string {
  return value ?? command.error(`error: required option '${flag}' not specified`);
}
