// Bundles src into lib: one file per entry, and the code that only some commands need in chunks of its own, so that
// start-up is quick. Packages are bundled too: to find, read and link their files by the hundred took longer than a
// small fleet does. Types are not checked here; `npm run build` does that first.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { licencesOf } from './licences.mjs';
import { sbomOf } from './sbom.mjs';
import { apiTypes } from './types.mjs';

// What stays in node_modules, and in the dependencies of package.json: pino starts threads from files of its own.
export const external = ['pino'];
// An optional part of pg that nobody asks for; without it, pg is JavaScript.
const absent = ['pg-native'];

/** The texts that `src/text/shipped-text.ts` reads in a work tree, by path. */
function shippedTexts() {
  const healthCheck = 'argo-cd/resource_customizations/lakekeeper.k8s.lakekeeper.io/Lakekeeper/health.lua';
  const examples = ['examples/ci', 'examples/init'].flatMap((directory) =>
    readdirSync(directory).map((file) => `${directory}/${file}`),
  );
  return Object.fromEntries([healthCheck, ...examples].map((path) => [path, readFileSync(path, 'utf8')]));
}

export async function bundle(outdir = 'lib') {
  rmSync(outdir, { recursive: true, force: true });
  const { metafile } = await build({
    entryPoints: ['src/api.ts', 'src/cli.ts', 'src/main.ts'],
    outdir,
    bundle: true,
    splitting: true,
    external: [...external, ...absent],
    // cdk8s brings the same package once more. The Kubernetes client's fetch brings what old Nodes had not.
    alias: { yaml: 'yaml', 'whatwg-url': 'node:url' },
    // Bundled CommonJS asks for Node's own modules with it.
    banner: {
      js:
        "import{createRequire as createRequireHere}from'node:module';const " +
        'require=createRequireHere(import.meta.url);',
    },
    define: {
      // Undefined but where a release has its image already.
      imageDigest: JSON.stringify(process.env.IMAGE_DIGEST) ?? 'undefined',
      shippedTexts: JSON.stringify(shippedTexts()),
    },
    platform: 'node',
    target: 'node20',
    format: 'esm',
    // Node reads all of it, white space too. Names stay, for the stacks of errors.
    minifyWhitespace: true,
    sourcemap: true,
    sourcesContent: false,
    metafile: true,
    chunkNames: 'chunks/[name]-[hash]',
    logLevel: 'warning',
  });
  const inputs = Object.keys(metafile.inputs);
  writeFileSync(join(outdir, 'LICENCES.txt'), licencesOf(inputs));
  return inputs;
}

/** All of lib: the bundle, what it is made of, and the types of the API. */
export async function buildLibrary(outdir = 'lib') {
  writeFileSync(join(outdir, 'sbom.cdx.json'), sbomOf(await bundle(outdir)));
  for (const [path, text] of apiTypes()) {
    mkdirSync(dirname(join(outdir, path)), { recursive: true });
    writeFileSync(join(outdir, path), text);
  }
}

if (import.meta.main ?? process.argv[1]?.endsWith('build.mjs')) await buildLibrary();
