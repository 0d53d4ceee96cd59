import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { access, constants, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { arch, homedir, platform } from 'node:os';
import { delimiter, join, relative } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { type PartialModule, withReplacedFiles } from './replaced-files.ts';

const run = promisify(execFile);
const sources = new URL('../go/', import.meta.url).pathname;

/** The programs that the end-to-end tests run, and where each comes from. */
const tools = {
  etcd: { package: 'etcd-server', isKubebuilderAsset: true },
  'kube-apiserver': { module: 'kubernetes', isKubebuilderAsset: true },
  'kube-controller-manager': { module: 'kubernetes' },
  engine: { module: 'engine' },
  connectivity: { module: 'connectivity' },
  cilium: { module: 'cilium' },
  kyverno: { module: 'kyverno' },
  actionlint: { module: 'actionlint' },
  kubectl: { module: 'kubectl' },
  'lua5.1': { package: 'lua5.1' },
  promtool: { package: 'prometheus' },
  mmdebstrap: { package: 'mmdebstrap', isForImage: true },
  podman: { package: 'podman', isForImage: true },
  runc: { package: 'runc', isForImage: true },
} as const;

export type Tool = keyof typeof tools;
export const toolNames = Object.keys(tools) as Tool[];
/** What builds and runs our own image: not everybody may install them. */
export const imageToolNames = toolNames.filter((name) => 'isForImage' in tools[name]);
type Module = Extract<(typeof tools)[Tool], { module: string }>['module'];

/** What is built of each Go module; the module's own program, or packages of the modules that it pins. */
const packages: Record<Module, readonly string[]> = {
  kubernetes: ['k8s.io/kubernetes/cmd/kube-apiserver', 'k8s.io/kubernetes/cmd/kube-controller-manager'],
  engine: ['.'],
  connectivity: ['.'],
  cilium: ['.'],
  kyverno: ['.'],
  kubectl: ['.'],
  actionlint: ['github.com/rhysd/actionlint/cmd/actionlint'],
};

/** Of Kyverno, only what compiles and applies a MutatingPolicy: as it is, it takes six minutes of CPU to build. */
const partial: Partial<Record<Module, PartialModule>> = {
  kyverno: {
    module: 'github.com/kyverno/kyverno',
    packages: ['pkg/cel/compiler', 'pkg/cel/libs', 'pkg/cel/policies/mpol/compiler', 'pkg/toggle'],
  },
};

/** A program that is not there, and how to get it. */
export class MissingTool extends Error {
  override name = 'MissingTool';
}

/**
 * Where a program is. Built ones are made of the Go module in `test/e2e/go` that pins them, and kept in
 * `$XDG_CACHE_HOME/lakekeeper-gitops/e2e` (default: ~/.cache) until the module or the version of Go changes.
 * `KUBEBUILDER_ASSETS`, a directory as envtest makes it, wins for what it holds.
 *
 * @throws MissingTool when it is not installed, or there is no Go to build it with; Error when the build fails.
 */
export async function tool(name: Tool): Promise<string> {
  const known: { package?: string; module?: Module; isKubebuilderAsset?: boolean } = tools[name];
  const assets = process.env.KUBEBUILDER_ASSETS;
  if (assets && known.isKubebuilderAsset && (await isExecutable(join(assets, name))))
    return join(assets, name);
  if (known.module) return join(await built(known.module), name);
  for (const directory of (process.env.PATH ?? '').split(delimiter))
    if (await isExecutable(join(directory, name))) return join(directory, name);
  throw new MissingTool(`${name} is not installed; on Debian it is in the package ${known.package}`);
}

/** What a program of ours answers: JSON on its stdin, JSON on its stdout. */
export async function ask<T>(name: Tool, question: unknown): Promise<T> {
  const child = spawn(await tool(name), [], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(question));
  const [answer] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return JSON.parse(answer);
}

const building = new Map<Module, Promise<string>>();
function built(module: Module): Promise<string> {
  const build = building.get(module) ?? buildModule(module);
  building.set(module, build);
  return build;
}

/** @returns the directory of the module's programs. */
async function buildModule(module: Module): Promise<string> {
  const source = join(sources, module);
  const { stdout: goVersion } = await run('go', ['env', 'GOVERSION'], { cwd: source }).catch(
    (cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'ENOENT') throw cause;
      throw new MissingTool(`there is no Go to build ${module} with; install Go 1.26 or newer`);
    },
  );
  const hash = createHash('sha256').update([goVersion, platform(), arch(), ...packages[module]].join('\n'));
  const files = await readdir(source, { recursive: true, withFileTypes: true });
  for (const file of files
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name))
    .sort())
    hash.update(`${relative(source, file)}\n${await readFile(file, 'utf8')}`);
  const cache = cacheDirectory();
  const kept = join(cache, `${module}-${hash.digest('hex').slice(0, 16)}`);
  if (await isExecutable(kept)) return kept;

  await mkdir(cache, { recursive: true });
  const draft = await mkdtemp(join(cache, `${module}-draft-`));
  const version = /k8s\.io\/kubernetes (v[0-9.]+)/.exec(await readFile(join(source, 'go.mod'), 'utf8'))?.[1];
  const flags = `-s -w -X k8s.io/component-base/version.gitVersion=${version ?? 'v0.0.0'}`;
  const args = ['build', '-trimpath', '-mod=readonly', '-ldflags', flags, '-o', `${draft}/`];
  const copies = await mkdtemp(join(cache, `${module}-source-`));
  try {
    const replaced = partial[module] ? await withReplacedFiles(source, partial[module], copies) : [];
    await run('go', [...args, ...replaced, ...packages[module]], { cwd: source, maxBuffer: 64 << 20 });
    // Somebody else's build is as good as ours.
    await rename(draft, kept).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } catch (cause) {
    throw new Error(`while building ${packages[module].join(', ')} in test/e2e/go/${module}`, { cause });
  } finally {
    for (const directory of [draft, copies]) await rm(directory, { recursive: true, force: true });
  }
  return kept;
}

/** Where programs are kept that were built or installed for these tests. */
export function cacheDirectory(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'lakekeeper-gitops', 'e2e');
}

export async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
