import type { FlagDescription, ProgramDescription } from './describe.ts';

/** A completion script for bash 3.2 and newer. It does not need the bash-completion package. */
export function bash({ name, flags, commands }: ProgramDescription): string {
  const valueCases = commands.flatMap((command) =>
    command.flags.flatMap((flag) => {
      const completion = completionOf(flag);
      return completion === undefined ? [] : [`    '${command.name} ${flag.name}') ${completion}; return ;;`];
    }),
  );
  const wordCases = commands.map(
    (command) =>
      `    ${command.name}) words='${[...command.values, ...command.flags.map((flag) => flag.name)].join(' ')}' ;;`,
  );
  const names = commands.map((command) => command.name);
  return `# bash completion for ${name}: source this, or put it into the directory of your bash-completion.
_lakekeeper_gitops_values() { COMPREPLY=($(compgen -W "$1" -- "$current")); }
_lakekeeper_gitops_paths() {
  compopt -o filenames 2>/dev/null
  local IFS=$'\\n'
  COMPREPLY=($(compgen "$1" -- "$current"))
}
_lakekeeper_gitops() {
  local current=\${COMP_WORDS[COMP_CWORD]} flag='' command='' words word
  COMPREPLY=()
  if ((COMP_CWORD > 1)); then flag=\${COMP_WORDS[COMP_CWORD - 1]}; fi
  # Bash makes three words of --output=json.
  if [[ $current == = ]]; then current=''
  elif [[ $flag == = ]]; then flag=\${COMP_WORDS[COMP_CWORD - 2]}; fi
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD - 1}"; do
    case $word in ${names.join('|')}) command=$word; break ;; esac
  done
  case "$command $flag" in
${valueCases.join('\n')}
  esac
  case $command in
    '') words='${[...names, ...flags.map((flag) => flag.name)].join(' ')}' ;;
${wordCases.join('\n')}
  esac
  _lakekeeper_gitops_values "$words"
}
complete -F _lakekeeper_gitops ${name}
`;
}

/** The command that completes a flag's value; undefined when it has none. */
function completionOf({ value }: FlagDescription): string | undefined {
  switch (value) {
    case 'none':
      return undefined;
    case 'file':
      return '_lakekeeper_gitops_paths -f';
    case 'directory':
      return '_lakekeeper_gitops_paths -d';
    case 'any':
      return ':';
    default:
      return `_lakekeeper_gitops_values '${value.join(' ')}'`;
  }
}
