import type { Command, Option } from 'commander';

/** What completion scripts are made from: the program's commands, as plain data. */
export interface ProgramDescription {
  readonly name: string;
  /** The program's own, `--help` and `--version`. */
  readonly flags: readonly FlagDescription[];
  readonly commands: readonly CommandDescription[];
}

export interface CommandDescription {
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly FlagDescription[];
  /** Values that its argument may have; empty when it has none. */
  readonly values: readonly string[];
}

export interface FlagDescription {
  /** `--out` */
  readonly name: string;
  readonly summary: string;
  /** What may follow it: nothing, one of these, the name of a file or a directory, or anything. */
  readonly value: 'none' | 'file' | 'directory' | 'any' | readonly string[];
}

/**
 * Describes a program. Texts are ours, from the commands themselves; the scripts quote them all the same.
 * @param program the root command.
 */
export function describe(program: Command): ProgramDescription {
  const commands = program.commands.map((command) => ({
    name: command.name(),
    summary: command.description(),
    flags: flagsOf(command),
    values: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
  }));
  const help = {
    name: 'help',
    summary: 'Display help for a command',
    flags: [],
    values: commands.map(({ name }) => name),
  };
  return { name: program.name(), flags: flagsOf(program), commands: [...commands, help] };
}

function flagsOf(command: Command): FlagDescription[] {
  const options = command.createHelp().visibleOptions(command);
  return options.flatMap((option) =>
    option.long ? [{ name: option.long, summary: option.description, value: valueAfter(option) }] : [],
  );
}

function valueAfter({ required, optional, argChoices, flags }: Option): FlagDescription['value'] {
  if (!required && !optional) return 'none';
  if (argChoices !== undefined) return argChoices;
  if (/<[^>]*\bdir\b/.test(flags)) return 'directory';
  return /<[^>]*\bfile\b/.test(flags) ? 'file' : 'any';
}
