import { Command, InvalidArgumentError, Option } from 'commander';
import { ExitCode, exitCodeOf, explain } from '../report/errors.ts';

interface Flags {
  readonly inputs: string;
  readonly through: 'credentials' | 'proof';
  readonly deadline: number;
  readonly serverUrl?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly acceptNewEncryptionKey: boolean;
}

export function registerCommand(): Command {
  return new Command('register')
    .description(
      'Register one org: database, Secret, bootstrap, warehouse, proof, write-back. Safe to run again',
    )
    .requiredOption('--inputs <file>', 'registration inputs, as synth rendered them')
    .addOption(
      new Option('--through <step>', 'step to end with').choices(['credentials', 'proof']).default('proof'),
    )
    .option('--deadline <duration>', 'when to give up, like 900s or 15m', seconds, 900)
    .option(
      '--server-url <url>',
      "where the catalog's server is from here (default: its Service in the cluster)",
    )
    .option('--kubeconfig <file>', "kubeconfig to use (default: the pod's own identity, then $KUBECONFIG)")
    .option('--context <name>', 'context of the kubeconfig')
    .option(
      '--accept-new-encryption-key',
      'make a new encryption key over a database that holds a catalog already',
      false,
    )
    .addHelpText(
      'after',
      '\nExample:\n  lakekeeper-gitops register --inputs /etc/lakekeeper-gitops/inputs.json',
    )
    .action(async (flags: Flags) => {
      process.exitCode = await run(flags);
    });
}

function seconds(text: string): number {
  const [, count, unit] = /^([1-9][0-9]{0,5})([sm])$/.exec(text) ?? [];
  if (count === undefined)
    throw new InvalidArgumentError('expected whole seconds or minutes, like 900s or 15m');
  return Number(count) * (unit === 'm' ? 60 : 1);
}

async function run(flags: Flags): Promise<ExitCode> {
  const [{ registration, redactions }, { runJob }, { finish }] = await Promise.all([
    import('../registration/open.ts').then(async ({ openRegistration }) => openRegistration(flags)),
    import('../registration/job.ts'),
    import('../registration/finish.ts'),
  ]);
  try {
    await finish(await runJob(registration, flags.through));
    return ExitCode.done;
  } catch (error) {
    const message = redactions.apply(
      `error: registering org ${JSON.stringify(registration.inputs.org)} failed: ${explain(error)}`,
    );
    await finish(message);
    return exitCodeOf(error);
  }
}
