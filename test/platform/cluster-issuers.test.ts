import { readFileSync } from 'node:fs';
import type { V1ConfigMap, V1NetworkPolicy } from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { catalog, orgObjects, platform, type SettingsOverrides, the } from '../support/fleet.ts';

/** The table and the examples of docs/authentication.md, "The cluster's issuer". */

const [, section = ''] = readFileSync('docs/authentication.md', 'utf8').split("## The cluster's issuer");
const example = (comment: string): SettingsOverrides => {
  const [, text] = new RegExp(`^\`\`\`yaml\n# ${comment}\n(.*?)^\`\`\`$`, 'ms').exec(section) ?? [];
  return parse(text ?? expect.unreachable(`there is no example for ${comment}`));
};
const managed = example('EKS, GKE and AKS: with the issuer of the cluster');
const served = example('the API server is the issuer');

/** The issuers of the table, with something for each placeholder; a bucket for the one that is none. */
const issuers = [...section.matchAll(/^\| ([^|]+) \| (?:the )?`([^`]+)`/gm)]
  .filter(([, cluster]) => cluster !== 'Cluster')
  .map(([, cluster = '', uri = '']): [string, string] => [
    cluster,
    uri.startsWith('https://') ? uri.replaceAll(/<\w+>/g, 'a1') : 'https://storage.example.com/bucket',
  ]);

test('the table has a row for each kind of cluster', () => {
  expect(issuers.map(([cluster]) => cluster.replace(/,? .*/, ''))).toEqual([
    'EKS',
    'GKE',
    'AKS',
    'self-managed',
    'self-managed',
  ]);
});

test.each(issuers)(
  '%s: synth accepts the settings, and the store of public certificates is trusted',
  (_, uri) => {
    const isServed = uri.startsWith('https://kubernetes.default.');
    const recipe = isServed ? served : managed;
    for (const operator of isServed ? [{ amendments: true }] : [{ amendments: true }, {}]) {
      const settings = platform({
        ...recipe,
        operator,
        authentication: { ...recipe.authentication, providerURI: uri } as SettingsOverrides['authentication'],
      });
      const objects = orgObjects(catalog('acme', settings), settings);
      const resource = the<{ spec: { authentication: object } }>(objects, 'Lakekeeper', 'lakekeeper-acme');
      expect(resource.spec.authentication).toMatchObject({
        openID: { providerURI: uri, audience: 'lakekeeper-acme' },
      });
      if ('amendments' in operator) {
        const { data = {} } = the<V1ConfigMap>(objects, 'ConfigMap', 'lakekeeper-acme-amendments');
        // The file of the cluster's CA alone would replace the certificates that object stores have.
        expect([data.SSL_CERT_FILE, data.SSL_CERT_DIR]).toEqual(
          isServed
            ? ['/var/run/secrets/kubernetes.io/serviceaccount/ca.crt', '/etc/ssl/certs']
            : [undefined, undefined],
        );
      }
      const { spec } = the<V1NetworkPolicy>(objects, 'NetworkPolicy', 'lakekeeper-acme-server');
      const [peer] = isServed ? ['192.168.7.0/24'] : ['0.0.0.0/0'];
      expect(JSON.stringify(spec?.egress)).toContain(peer);
    }
  },
);
