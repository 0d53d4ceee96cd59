// Makes the package as it is published: `node scripts/pack.mjs <directory>` prints the path of the tarball. With
// IMAGE_DIGEST=sha256:… it knows the digest of its image, and renders it. Beside the work tree's lib/, which programs
// may be running from. Plain JavaScript, as build.mjs is.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { buildLibrary } from './build.mjs';

export async function pack(destination) {
  const { files } = JSON.parse(readFileSync('package.json', 'utf8'));
  const stage = mkdtempSync(join(tmpdir(), 'lakekeeper-gitops-package-'));
  try {
    await buildLibrary(join(stage, 'lib'));
    for (const file of ['package.json', ...files.filter((name) => name !== 'lib')]) {
      mkdirSync(dirname(join(stage, file)), { recursive: true });
      cpSync(file, join(stage, file), { recursive: true });
    }
    mkdirSync(destination, { recursive: true });
    const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', resolve(destination)];
    const [{ filename }] = JSON.parse(execFileSync('npm', args, { cwd: stage, encoding: 'utf8' }));
    return join(resolve(destination), filename);
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

if (process.argv[1]?.endsWith('pack.mjs')) console.log(await pack(process.argv[2] ?? '.'));
