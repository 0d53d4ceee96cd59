import { Command, Option } from 'commander';
import type { Log } from '../text/log.ts';
import type { TokenBrokerFlags } from '../worker/token-broker/broker-settings.ts';

interface Flags extends TokenBrokerFlags {
  readonly probe: boolean;
}

const variable = (name: string) => `LAKEKEEPER_GITOPS_TOKEN_BROKER_${name}`;

export function tokenBrokerCommand(): Command {
  return new Command('token-broker')
    .description("Serve the pod's ServiceAccount token on loopback, to clients that support OAuth2 only")
    .addOption(
      new Option(
        '--token-file <file>',
        'path of the mounted token, like /var/run/secrets/lakekeeper/token (required)',
      ).env(variable('TOKEN_FILE')),
    )
    .addOption(
      new Option('--listen <address:port>', 'loopback address')
        .default('127.0.0.1:9876')
        .env(variable('LISTEN')),
    )
    .addOption(
      new Option('--expires-in <seconds>', 'maximum lifetime of a response; clients then ask again')
        .default('60')
        .env(variable('EXPIRES_IN')),
    )
    .addOption(
      new Option('--path <path>', 'path of the token endpoint').default('/token').env(variable('PATH')),
    )
    .option('--probe', 'check whether the broker at that address is ready: exit code 0 or 1', false)
    .addHelpText(
      'after',
      '\nExample:\n  lakekeeper-gitops token-broker --token-file /var/run/secrets/lakekeeper/token',
    )
    .action(run);
}

async function run({ probe, ...flags }: Flags): Promise<void> {
  const { lookup } = await import('node:dns/promises');
  const resolve = async (name: string) => (await lookup(name, { all: true })).map(({ address }) => address);
  if (probe) {
    const [{ parseListenAddress }, { probeTokenBroker }] = await Promise.all([
      import('../worker/token-broker/listen-address.ts'),
      import('../worker/token-broker/probe.ts'),
    ]);
    return probeTokenBroker(await parseListenAddress(flags.listen, resolve));
  }
  const [{ parseSettings }, { runTokenBroker }] = await Promise.all([
    import('../worker/token-broker/broker-settings.ts'),
    import('../worker/token-broker/run-broker.ts'),
  ]);
  await runTokenBroker(await parseSettings(flags, resolve), terminated(), openLog);
}

function terminated(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => controller.abort(name));
  return controller.signal;
}

async function openLog(): Promise<Log> {
  const [{ createLog }, { Redactions }] = await Promise.all([
    import('../text/log.ts'),
    import('../text/redactions.ts'),
  ]);
  return createLog({
    format: process.stderr.isTTY ? 'text' : 'json',
    write: (line) => process.stderr.write(line),
    redactions: new Redactions(),
  });
}
