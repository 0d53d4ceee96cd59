import type { ServerInfo } from '../../../clients/lakekeeper/lakekeeper-answers.ts';

/**
 * Who has to bootstrap the server. With authentication on it is registration: the operator has no token, and never
 * sees that the server is bootstrapped (`docs/facts/lakekeeper-crd.md` §7).
 *
 * @param info what the server says of itself; undefined when it was not asked, and is known to be bootstrapped.
 */
export function planBootstrap(
  info: Pick<ServerInfo, 'bootstrapped'> | undefined,
  hasAuthentication: boolean,
): 'nobody' | 'operator' | 'registration' {
  if (info?.bootstrapped !== false) return 'nobody';
  return hasAuthentication ? 'registration' : 'operator';
}
