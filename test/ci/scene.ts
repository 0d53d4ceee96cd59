import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { Forge } from '../support/forge.ts';
import { Repository } from '../support/repository.ts';
import { withDirectory } from '../support/tree.ts';

export const branch = 'lakekeeper-gitops/manifests';
export const projectRoot = new URL('../../', import.meta.url).pathname;

/** A repository of manifests, and the forge that it is on. */
export interface Scene {
  readonly directory: string;
  readonly forge: Forge;
  readonly repository: Repository;
}

export async function withScene<T>(warehouses: string, work: (scene: Scene) => Promise<T>): Promise<T> {
  return withDirectory(async (directory) => {
    const forge = await Forge.start();
    try {
      const files = { 'platform.yaml': await platform(2), 'warehouses.yaml': warehouses };
      const repository = await Repository.create(join(directory, 'repository'), files);
      return await work({ directory, forge, repository });
    } finally {
      await forge.stop();
    }
  });
}

/** The settings of the example, with so many replicas. */
export async function platform(replicas: number, image = 'v0.12.2'): Promise<string> {
  const example = await readFile('examples/fleet/platform.yaml', 'utf8');
  return example
    .replace(/^orgs:\n(?: .*\n)*/m, '')
    .replace(/^ {2}replicas: .*$/m, `  replicas: ${replicas}`)
    .replace(/catalog:v0[0-9.]+/, `catalog:${image}`);
}

export function warehouses(...orgs: readonly (string | Record<string, unknown>)[]): string {
  const records = orgs.map((org, i) => ({
    iceberg_enabled: true,
    metadata_store_kind: 'cnpg-shard',
    data_store_bucket_name: `lake-${i}`,
    duckling_name: `duckling-${i}`,
    ...(typeof org === 'string' ? { org_id: org } : org),
  }));
  return stringify({ warehouses: records });
}

/** Org ids that try to be code, a mention, a link, HTML, or a command to the runner. */
export const hostileOrgs = [
  '$(touch injected)',
  '`touch injected`',
  '"; touch injected; "',
  "'; touch injected; '",
  '${{ github.token }}',
  '@everyone',
  'a @acme/platform-team b',
  '#1',
  '!1',
  '/close',
  'GH-1',
  '<img src=x onerror=alert(1)>',
  '<!-- comment -->',
  '</details><script>alert(1)</script>',
  '[click](https://evil.example.com)',
  '![image](https://evil.example.com/x.png)',
  'https://evil.example.com/',
  'www.evil.example.com',
  'somebody@evil.example.com',
  '| cell | cell |',
  '`` ` ``',
  '::error::injected',
  '::set-output name=x::y',
  '##[error]injected',
  'line\n::error::injected',
  'line\r::error::injected',
  'line\n/close',
  'line\n# Heading',
  'EOF',
  '\u001b[31mred',
];
