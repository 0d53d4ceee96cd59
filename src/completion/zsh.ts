import type { CommandDescription, FlagDescription, ProgramDescription } from './describe.ts';

/** A completion script for zsh: a file in `fpath`, or sourced after `compinit`. */
export function zsh({ name, flags, commands }: ProgramDescription): string {
  const described = commands.map((command) => `    ${quoted(`${command.name}:${command.summary}`)}`);
  return `#compdef ${name}
_lakekeeper_gitops() {
  local context state line
  typeset -A opt_args
  local -a commands
  commands=(
${described.join('\n')}
  )
  _arguments -C ${flags.map(argument).join(' ')} '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument)
      case $words[1] in
${commands.map(caseOf).join('\n')}
      esac ;;
  esac
}
if [[ $funcstack[1] == _${name} ]]; then _lakekeeper_gitops "$@"; else compdef _lakekeeper_gitops ${name}; fi
`;
}

function caseOf({ name, flags, values }: CommandDescription): string {
  const positional = values.length > 0 ? [quoted(`1:value:(${values.join(' ')})`)] : [];
  return `        ${name}) _arguments ${[...flags.map(argument), ...positional].join(' ')} ;;`;
}

/** One specification of _arguments: `--out[output directory]:directory:_files -/`. */
function argument({ name, summary, value }: FlagDescription): string {
  const described = `${name}[${summary.replaceAll(/[\\[\]:]/g, '\\$&')}]`;
  return quoted(`${described}${action(value)}`);
}

function action(value: FlagDescription['value']): string {
  switch (value) {
    case 'none':
      return '';
    case 'file':
      return ':file:_files';
    case 'directory':
      return ':directory:_files -/';
    case 'any':
      return ':value: ';
    default:
      return `:value:(${value.join(' ')})`;
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
