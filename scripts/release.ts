/**
 * Releases: `prepare <version>` changes the work tree into what is tagged; `publish <tag>`, which the workflow runs,
 * makes and publishes all of a release. With DRY_RUN=true nothing leaves this machine but by `docker` and `gh`, in
 * whose place a test puts its own.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pack } from './pack.mjs';

const image = 'ghcr.io/lakekeeper-gitops/lakekeeper-gitops';
/** What the image is built with and on. A release pins their digests, and names them in labels and provenance. */
const bases = { BUILD: 'node:22-bookworm-slim', BASE: 'gcr.io/distroless/nodejs22-debian12:nonroot' };
const example = ['examples/fleet/warehouses.yaml', 'examples/fleet/platform.yaml'];
/** What names the version of this project, for those who use it. */
const references = [
  '.github/workflows/manifests.yml',
  'ci/gitlab/install.yml',
  'ci/gitlab/manifests.yml',
  'docs/ci.md',
  'examples/ci/github.yml',
  'examples/ci/gitlab.yml',
];
const isDryRun = process.env.DRY_RUN === 'true';

function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
}

function currentVersion(): string {
  return JSON.parse(readFileSync('package.json', 'utf8')).version;
}

function edit(file: string, change: (text: string) => string): void {
  writeFileSync(file, change(readFileSync(file, 'utf8')));
}

/** The section of a version in the changelog, without its heading. */
function notesOf(version: string): string {
  const [, after] = readFileSync('CHANGELOG.md', 'utf8').split(`\n## ${version} (`);
  if (after === undefined) throw new Error(`CHANGELOG.md has no section "## ${version} (date)"`);
  return `${after.slice(after.indexOf('\n')).split('\n## ')[0]?.trim()}\n`;
}

function prepare(version: string): void {
  if (!/^\d+\.\d+\.\d+$/.test(version)) throw new Error(`${version} is not a version, like 1.2.3`);
  const before = currentVersion();
  // What the next version is tested to take over.
  for (const [from, to] of [...example, 'dist'].map((path) => [path, basename(path)] as const)) {
    rmSync(join('test/upgrade/previous', to), { recursive: true, force: true });
    cpSync(from, join('test/upgrade/previous', to), { recursive: true });
  }
  run('node', '--import', 'tsx', 'test/upgrade/registered-state.ts');
  for (const file of ['package.json', 'package-lock.json'])
    edit(file, (text) =>
      text.replace(
        /"version": "[^"]*"/g,
        onFirst(`"version": "${version}"`, file === 'package.json' ? 1 : 2),
      ),
    );
  const reference = new RegExp(
    `(lakekeeper-gitops\\S*@v|ref: v|default: )${before.replaceAll('.', '\\.')}(?![0-9.])`,
    'g',
  );
  for (const file of references) edit(file, (text) => text.replace(reference, `$1${version}`));
  const today = new Date().toISOString().slice(0, 10);
  edit('CHANGELOG.md', (text) =>
    text.replace('## Unreleased\n', `## Unreleased\n\n## ${version} (${today})\n`),
  );
  run('node', '--import', 'tsx', 'scripts/write-schema.ts');
  // One org of the example is rejected: exit code 3.
  run(
    'sh',
    '-c',
    `node --import tsx src/cli.ts synth --warehouses ${example[0]} --platform ${example[1]} || [ $? = 3 ]`,
  );
}

/** Replaces the first matches only. */
function onFirst(replacement: string, count: number): (match: string) => string {
  let seen = 0;
  return (match) => (seen++ < count ? replacement : match);
}

async function publish(tag: string): Promise<void> {
  const version = currentVersion();
  if (tag !== `v${version}`)
    throw new Error(`the tag is ${tag}, and package.json has the version ${version}`);
  const notes = notesOf(version);
  const directory = mkdtempSync(join(tmpdir(), 'release-'));

  // First the image, from the package: what is published afterwards knows its digest.
  await pack('.');
  const metadata = join(directory, 'image.json');
  const digests = Object.entries(bases).flatMap(([name, reference]) => [
    `${name}_IMAGE=${reference.replace(/:[^:/]*$/, '')}`,
    `${name}_DIGEST=${run('docker', 'buildx', 'imagetools', 'inspect', '--format', '{{.Manifest.Digest}}', reference)}`,
  ]);
  run('docker', 'buildx', 'create', '--use');
  run(
    ...(['docker', 'buildx', 'build', '--platform', 'linux/amd64,linux/arm64', '--push'] as const),
    ...['--provenance', 'mode=max', '--sbom', 'true', '--metadata-file', metadata],
    ...[...digests, `VERSION=${version}`, `REVISION=${run('git', 'rev-parse', 'HEAD')}`].flatMap((arg) => [
      '--build-arg',
      arg,
    ]),
    ...['--tag', `${image}:${tag}`, '.'],
  );
  const digest: unknown = JSON.parse(readFileSync(metadata, 'utf8'))['containerimage.digest'];
  if (typeof digest !== 'string' || !/^sha256:[0-9a-f]{64}$/.test(digest))
    throw new Error(`docker buildx does not say the digest of the image: ${JSON.stringify(digest)}`);

  process.env.IMAGE_DIGEST = digest;
  const assets = join(directory, 'assets');
  const tarball = await pack(assets);
  const sbom = join(assets, `lakekeeper-gitops-${version}.cdx.json`);
  writeFileSync(sbom, run('tar', '--extract', '--to-stdout', '--file', tarball, 'package/lib/sbom.cdx.json'));
  const files = [tarball, sbom];
  const sums = join(assets, 'SHA256SUMS');
  const sumOf = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');
  writeFileSync(sums, files.map((file) => `${sumOf(file)}  ${basename(file)}\n`).join(''));
  const body = join(directory, 'notes.md');
  writeFileSync(body, `${notes}\nImage: \`${image}:${tag}@${digest}\`\n`);

  run('npm', 'publish', ...(isDryRun ? ['--dry-run', '--provenance=false'] : ['--provenance']), tarball);
  run('gh', 'release', 'create', tag, '--verify-tag', '--title', tag, '--notes-file', body, ...files, sums);
}

const [command, argument = ''] = process.argv.slice(2);
if (command === 'prepare') prepare(argument);
else if (command === 'publish') await publish(argument);
else throw new Error('usage: release.ts prepare <version> | publish <tag>');
