import type { FlagDescription, ProgramDescription } from './describe.ts';

/** A completion script for fish, for its directory of completions. */
export function fish({ name, flags, commands }: ProgramDescription): string {
  const complete = `complete --command ${name}`;
  const lines = [
    `# fish completion for ${name}`,
    `${complete} --no-files`,
    ...flags.map((flag) => `${complete} --condition __fish_use_subcommand ${option(flag)}`),
    ...commands.flatMap((command) => [
      `${complete} --condition __fish_use_subcommand --arguments ${command.name} --description ` +
        `${quoted(command.summary)}`,
      ...command.flags.map((flag) => `${complete} ${seen(command.name)} ${option(flag)}`),
      ...(command.values.length > 0
        ? [`${complete} ${seen(command.name)} --arguments ${quoted(command.values.join(' '))}`]
        : []),
    ]),
  ];
  return `${lines.join('\n')}\n`;
}

function seen(command: string): string {
  return `--condition '__fish_seen_subcommand_from ${command}'`;
}

function option({ name, summary, value }: FlagDescription): string {
  const long = `--long-option ${name.replace(/^--/, '')} --description ${quoted(summary)}`;
  switch (value) {
    case 'none':
      return long;
    case 'file':
      return `${long} --require-parameter --force-files`;
    case 'directory':
      return `${long} --exclusive --arguments '(__fish_complete_directories)'`;
    case 'any':
      return `${long} --exclusive`;
    default:
      return `${long} --exclusive --arguments ${quoted(value.join(' '))}`;
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`;
}
