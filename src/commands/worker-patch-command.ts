import { Command, Option } from 'commander';
import { print, printToStderr } from '../text/command-line.ts';
import { ExitCode, UsageError } from '../text/errors.ts';
import type { Format } from '../worker/patch/render-patch.ts';
import type { Workload } from '../worker/patch/workload.ts';
import { type FleetFlags, openFleet, withFleetOptions } from './fleet-options.ts';

interface Flags extends FleetFlags {
  readonly org?: string;
  readonly all: boolean;
  readonly format: Format;
  readonly workload?: string;
  readonly container?: string;
  readonly out?: string;
}

export function workerPatchCommand(): Command {
  const command = new Command('worker-patch')
    .description("Print what an org's worker pods need to log in to its catalog: token, broker, environment")
    .option('--org <id>', 'the org')
    .option('--all', 'every org whose workers need a patch; requires --out', false)
    .addOption(
      new Option('--format <format>', 'strategic merge patch, JSON patch, or Kustomize component')
        .choices(['strategic', 'json', 'component'])
        .default('strategic'),
    )
    .option(
      '--workload <file>',
      "the workers' manifest, which the patch is made to fit (default: any Deployment)",
    )
    .option(
      '--container <name>',
      'its container that runs DuckDB (default: the first; "worker" without a manifest)',
    )
    .option('--out <dir>', 'write a directory per org, with all three formats, instead of printing');
  return withFleetOptions(command)
    .addHelpText(
      'after',
      '\nExample:\n  lakekeeper-gitops worker-patch --org acme --format component --workload ' +
        'worker.yaml > kustomization.yaml',
    )
    .action(async (flags: Flags) => {
      process.exitCode = await run(flags);
    });
}

async function run(flags: Flags): Promise<ExitCode> {
  const { org, all, out } = flags;
  if ((org !== undefined) === all) throw new UsageError('give exactly one of --org <id> and --all');
  if (all && out === undefined) throw new UsageError('--all writes a directory per org; give --out <dir>');
  const workload = await readWorkload(flags);
  const inputs = await openFleet(flags);
  const [
    { onlyCatalog, readCatalogs },
    { renderPatch },
    { catalogsThatNeedBroker },
    { writePatches },
    { notAdmitted },
  ] = await Promise.all([
    import('../read-fleet.ts'),
    import('../worker/patch/render-patch.ts'),
    import('../worker/patch/worker-needs.ts'),
    import('../worker/patch/write-patches.ts'),
    import('../worker/patch/workload.ts'),
  ]);
  const chosen = await readCatalogs(inputs, org === undefined ? undefined : [org]);
  const catalogs =
    org === undefined ? catalogsThatNeedBroker(chosen.catalogs, printToStderr) : [onlyCatalog(chosen, org)];
  const [only] = catalogs;
  if (org !== undefined && only !== undefined)
    for (const reason of notAdmitted(only, workload)) printToStderr(`warning: ${reason}`);
  if (out !== undefined) print(await writePatches(out, catalogs, inputs.platform, workload));
  else if (only !== undefined) print(await renderPatch(only, inputs.platform, workload, flags.format));
  const { rejected } = chosen;
  if (org !== undefined || rejected.length === 0) return ExitCode.done;
  printToStderr(
    `warning: ${rejected.length} of the records ${rejected.length === 1 ? 'was' : 'were'} rejected; ` +
      'run synth to see why',
  );
  return ExitCode.someRejected;
}

async function readWorkload({ workload, container }: Flags): Promise<Workload> {
  const { anyDeployment, parseWorkload } = await import('../worker/patch/workload.ts');
  if (workload === undefined) return anyDeployment(container ?? 'worker');
  const { parseText, readText } = await import('../text/text-file.ts');
  return parseWorkload(workload, parseText(workload, await readText(workload)), container);
}
