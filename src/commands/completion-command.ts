import { Argument, Command } from 'commander';
import { print } from '../text/command-line.ts';

const shells = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof shells)[number];

export function completionCommand(): Command {
  return new Command('completion')
    .description('Print a script that completes commands, flags and values in your shell')
    .addArgument(new Argument('<shell>', 'your shell').choices(shells))
    .addHelpText(
      'after',
      `
Examples:
  source <(lakekeeper-gitops completion bash)
  lakekeeper-gitops completion zsh > "\${fpath[1]}/_lakekeeper-gitops"
  lakekeeper-gitops completion fish > ~/.config/fish/completions/lakekeeper-gitops.fish`,
    )
    .action(async (shell: Shell, _flags: object, command: Command) => {
      const [{ describe }, { bash }, { zsh }, { fish }] = await Promise.all([
        import('../completion/describe.ts'),
        import('../completion/bash.ts'),
        import('../completion/zsh.ts'),
        import('../completion/fish.ts'),
      ]);
      print({ bash, zsh, fish }[shell](describe(command.parent ?? command)));
    });
}
