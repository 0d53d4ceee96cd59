/**
 * A script for Node in a worker's pod: logs in by OAuth2 (`client_credentials`), and prints the HTTP status of the
 * catalog's configuration without a token and with it, and of renaming the warehouse with it.
 *
 * @param config URL of the catalog's configuration.
 * @param tokenEndpoint expression of JavaScript with the URL of the token endpoint.
 * @param client further fields of the token request.
 */
export function loginScript(
  config: string,
  tokenEndpoint: string,
  client: Readonly<Record<string, string>> = {},
): string {
  return `
    const body = new URLSearchParams(${JSON.stringify({ grant_type: 'client_credentials', ...client })});
    const { access_token: token } = await (await fetch(${tokenEndpoint}, { method: 'POST', body })).json();
    const headers = { authorization: 'Bearer ' + token, 'content-type': 'application/json' };
    const anonymous = await fetch('${config}');
    const own = await fetch('${config}', { headers });
    const { defaults } = await own.json();
    const rename = new URL('/management/v1/warehouse/' + defaults.prefix + '/rename', '${config}');
    const renamed = await fetch(rename, { method: 'POST', headers, body: '{"new-name":"mine"}' });
    console.log(anonymous.status, own.status, renamed.status);`;
}
