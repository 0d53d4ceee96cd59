import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, copyFile, mkdir, mkdtemp, realpath, rename, rm } from 'node:fs/promises';
import { arch, homedir, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { packedOnce } from './packed-once.ts';

const run = promisify(execFile);

/** Our own image, built of this work tree for each architecture, in a store of its own that goes with it. */
export interface OwnImage extends AsyncDisposable {
  /** The one for this machine. */
  readonly reference: string;
  readonly references: Readonly<Record<Architecture, string>>;
  /** The package that it was built of. */
  readonly tarball: string;
  /** Runs podman on the store. @returns its stdout. @throws Error with its stderr. */
  podman(...args: string[]): Promise<string>;
}

export const architectures = ['amd64', 'arm64'] as const;
export type Architecture = (typeof architectures)[number];

/** Built of Debian's packages, because no registry of images can be reached: Node and its libraries, and no shell. */
const baseImage = { packages: ['base-files', 'nodejs'], hook: '' };
/** What a build needs beside it, with this machine's npm. */
const buildImage = async () => {
  const { stdout } = await run('npm', ['root', '--global']);
  const npm = await realpath(join(stdout.trim(), 'npm'));
  return {
    packages: ['base-files', 'nodejs', 'dash', 'coreutils', 'tar', 'gzip', 'sed'],
    hook:
      `mkdir -p "$1/usr/lib/node_modules" && cp -r '${npm}' "$1/usr/lib/node_modules/npm" && ` +
      'ln -s ../lib/node_modules/npm/bin/npm-cli.js "$1/usr/bin/npm"',
  };
};

export async function buildOwnImage(): Promise<OwnImage> {
  const directory = await mkdtemp(join(tmpdir(), 'own-image-'));
  const store = ['--root', join(directory, 'store'), '--runroot', join(directory, 'run')];
  const podman = async (...args: string[]) => {
    const { stdout } = await run('podman', [...store, '--runtime', 'runc', ...args], { maxBuffer: 64 << 20 });
    return stdout.trim();
  };
  const dispose = async () => {
    // Layers are mounted until podman itself takes them away.
    await podman('rmi', '--all', '--force').catch(() => {});
    await rm(directory, { recursive: true, force: true });
  };
  /** @returns what a Dockerfile names it by. */
  const importBase = async (name: string, tar: string, ...options: string[]) => {
    await podman('import', '--quiet', ...options, tar, `localhost/${name}`);
    return [
      `localhost/${name}`,
      await podman('image', 'inspect', '--format', '{{.Digest}}', `localhost/${name}`),
    ];
  };
  try {
    const context = join(directory, 'context');
    await mkdir(context);
    const tarball = await packedOnce();
    await copyFile(tarball, join(context, basename(tarball)));
    for (const file of ['Dockerfile', '.dockerignore', '.npmrc', 'package-lock.json'])
      await copyFile(file, join(context, file));
    const own: Architecture = arch() === 'arm64' ? 'arm64' : 'amd64';
    const builder = await importBase(
      'build',
      await rootFileSystem(own, await buildImage()),
      ...['--change', `ENV npm_config_cache=${npmCache}`, ...certificates],
    );
    const references = { amd64: '', arm64: '' };
    for (const architecture of architectures) {
      const tar = await rootFileSystem(architecture, baseImage);
      const base = await importBase(`base-${architecture}`, tar, '--arch', architecture);
      references[architecture] = `localhost/lakekeeper-gitops:${architecture}`;
      const args = [
        ...[`BUILD_IMAGE=${builder[0]}`, `BUILD_DIGEST=${builder[1]}`],
        ...[`BASE_IMAGE=${base[0]}`, `BASE_DIGEST=${base[1]}`, 'NODE=/usr/bin/node'],
        ...['VERSION=1.2.3', `REVISION=${'0'.repeat(40)}`],
      ];
      await podman(
        ...['build', '--quiet', '--format', 'docker', '--platform', `linux/${architecture}`],
        ...['--isolation', 'chroot', '--network', 'host', ...(await npmVolumes())],
        ...args.flatMap((arg) => ['--build-arg', arg]),
        ...['--tag', references[architecture], context],
      );
    }
    return { reference: references[own], references, tarball, podman, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** A tar of a file system of Debian's packages, unpacked and not set up; kept as the Go programs are. */
async function rootFileSystem(
  architecture: Architecture,
  { packages, hook }: { readonly packages: readonly string[]; readonly hook: string },
): Promise<string> {
  const args = ['--quiet', '--variant=extract', `--include=${packages}`, `--architectures=${architecture}`];
  if (hook !== '') args.push(`--extract-hook=${hook}`);
  // The oldest release of Debian whose Node is new enough.
  args.push('trixie');
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'lakekeeper-gitops', 'e2e');
  const digest = createHash('sha256').update(args.join('\n')).digest('hex').slice(0, 16);
  const kept = join(cache, `image-${architecture}-${digest}.tar`);
  if (
    await access(kept).then(
      () => true,
      () => false,
    )
  )
    return kept;
  await mkdir(cache, { recursive: true });
  const draft = `${kept}.${process.pid}.tar`;
  await run('mmdebstrap', [...args, draft], { maxBuffer: 64 << 20 });
  await rename(draft, kept);
  return kept;
}

/** Where this machine reaches registries by a proxy with certificates of its own. */
const authorities = process.env.NODE_EXTRA_CA_CERTS;
const certificates = authorities ? ['--change', 'ENV NODE_EXTRA_CA_CERTS=/certificates.crt'] : [];

/** In the container that builds. */
const npmCache = '/npm-cache';

async function npmVolumes(): Promise<string[]> {
  const { stdout } = await run('npm', ['config', 'get', 'cache']);
  return [
    ...['--volume', `${stdout.trim()}:${npmCache}`],
    ...(authorities ? ['--volume', `${await realpath(authorities)}:/certificates.crt:ro`] : []),
  ];
}
