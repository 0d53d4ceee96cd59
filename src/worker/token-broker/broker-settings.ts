import { UsageError } from '../../text/errors.ts';
import { type ListenAddress, parseListenAddress, type Resolve } from './listen-address.ts';

/** The values of flags or environment variables, not parsed yet. */
export interface TokenBrokerFlags {
  readonly tokenFile?: string;
  readonly listen: string;
  readonly expiresIn: string;
  readonly path: string;
}

export interface TokenBrokerSettings {
  readonly tokenFile: string;
  readonly listen: ListenAddress;
  /** Seconds. */
  readonly expiresIn: number;
  readonly path: string;
}

const maxExpiresInSeconds = 86_400;

/** @throws UsageError for a value that is missing or invalid. */
export async function parseSettings(flags: TokenBrokerFlags, resolve: Resolve): Promise<TokenBrokerSettings> {
  const { tokenFile, expiresIn, path } = flags;
  if (tokenFile === undefined || tokenFile === '')
    throw new UsageError(
      'no token file is configured; give --token-file, or set ' +
        'LAKEKEEPER_GITOPS_TOKEN_BROKER_TOKEN_FILE, to where the ServiceAccount token is mounted, like ' +
        '/var/run/secrets/lakekeeper/token',
    );
  if (!/^[1-9][0-9]{0,4}$/.test(expiresIn) || Number(expiresIn) > maxExpiresInSeconds)
    throw new UsageError(
      `--expires-in ${JSON.stringify(expiresIn)}: is not a whole number of seconds from 1 to ${maxExpiresInSeconds}`,
    );
  if (!/^(\/[A-Za-z0-9._~-]+)+$/.test(path) || ['/health', '/metrics'].includes(path))
    throw new UsageError(
      `--path ${JSON.stringify(path)}: is not a path like /token, of letters, digits, ".", "_", "~" ` +
        'and "-", other than /health and /metrics',
    );
  return {
    tokenFile,
    listen: await parseListenAddress(flags.listen, resolve),
    expiresIn: Number(expiresIn),
    path,
  };
}
