import type { AuthenticationSettings } from './platform-settings.ts';

/** Whether the issuer of the tokens is served by the API server itself, with a certificate of the cluster's own CA. */
export function isServedByApiServer(authentication: AuthenticationSettings): boolean {
  return (
    authentication.mode === 'openID' &&
    authentication.issuer === 'cluster' &&
    /^kubernetes\.default(\.svc(\.[a-z0-9.-]+)?)?$/.test(new URL(authentication.providerURI).hostname)
  );
}
