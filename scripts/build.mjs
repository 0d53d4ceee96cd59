// Bundles src into lib: one file per entry, and the code that only some commands need in chunks of its own, so that start-up
// is quick. Types are not checked here; `npm run build` does that first.
import { rmSync } from 'node:fs';
import { build } from 'esbuild';

export async function bundle(outdir = 'lib') {
  rmSync(outdir, { recursive: true, force: true });
  await build({
    entryPoints: ['src/cli.ts', 'src/main.ts'],
    outdir,
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    format: 'esm',
    sourcemap: true,
    chunkNames: 'chunks/[name]-[hash]',
    logLevel: 'warning',
  });
}

if (import.meta.main ?? process.argv[1]?.endsWith('build.mjs')) await bundle();
