import type { ServerInfo } from '../../../clients/lakekeeper/lakekeeper-answers.ts';

/**
 * Who has to bootstrap the server. With authentication it is registration: the operator has no token, so it can
 * neither bootstrap the server nor see that it is bootstrapped (docs/facts/lakekeeper-crd.md §7).
 *
 * @param info the info of the server; undefined if it was not requested, because the server is known to be
 * bootstrapped.
 */
export function planBootstrap(
  info: Pick<ServerInfo, 'bootstrapped'> | undefined,
  hasAuthentication: boolean,
): 'nobody' | 'operator' | 'registration' {
  if (info?.bootstrapped !== false) return 'nobody';
  return hasAuthentication ? 'registration' : 'operator';
}
