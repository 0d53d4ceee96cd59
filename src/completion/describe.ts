import type { Command, Option } from 'commander';

/** The program's commands as plain data, from which completion scripts are rendered. */
export interface ProgramDescription {
  readonly name: string;
  /** Flags of the program itself: `--help` and `--version`. */
  readonly flags: readonly FlagDescription[];
  readonly commands: readonly CommandDescription[];
}

export interface CommandDescription {
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly FlagDescription[];
  /** Allowed values of its argument; empty when it has no argument. */
  readonly values: readonly string[];
}

export interface FlagDescription {
  /** `--out` */
  readonly name: string;
  readonly summary: string;
  /** Its value: none, a file, a directory, anything, or one of a list. */
  readonly value: 'none' | 'file' | 'directory' | 'any' | readonly string[];
}

/**
 * Describes a program, from the definitions of its commands.
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
