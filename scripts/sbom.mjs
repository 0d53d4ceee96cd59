// What the program is made of, as a CycloneDX document: the packages that have code in lib, and those that are
// installed with it. npm lists all of package-lock.json. Plain JavaScript, as build.mjs is.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packagesOf } from './licences.mjs';

/**
 * @param files paths of bundled files, relative to the working directory.
 * @returns the same text for the same lock file: no time, no serial number.
 * @throws Error when package-lock.json lacks a package that is bundled.
 */
export function sbomOf(files) {
  const bundled = packagesOf(files).map((directory) =>
    referenceOf(readJson(join(directory, 'package.json'))),
  );
  const list = ['sbom', '--sbom-format=cyclonedx', '--package-lock-only'];
  const all = JSON.parse(execFileSync('npm', list, { encoding: 'utf8', maxBuffer: 64 << 20 }));
  const known = new Set(all.components.map(referenceOf));
  const missing = bundled.filter((one) => !known.has(one));
  if (missing.length > 0) throw new Error(`package-lock.json lacks what is bundled: ${missing.join(', ')}`);

  const own = { ...all.metadata.component, name: readJson('package.json').name, type: 'application' };
  const shipped = new Set([
    ...bundled,
    ...all.components.filter(isInstalled).map(referenceOf),
    referenceOf(own),
  ]);
  const sbom = {
    bomFormat: all.bomFormat,
    specVersion: all.specVersion,
    version: all.version,
    metadata: { component: own },
    components: all.components
      .filter((component) => shipped.has(referenceOf(component)))
      // That a bundled package is a development dependency says nothing of the program.
      .map(({ properties, scope, ...component }) => component),
    dependencies: all.dependencies
      .filter(({ ref }) => shipped.has(ref))
      .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((one) => shipped.has(one)) })),
  };
  return `${JSON.stringify(sbom, null, 2)}\n`;
}

function isInstalled({ properties }) {
  return !properties.some(({ name }) => name === 'cdx:npm:package:development');
}

function referenceOf({ name, version }) {
  return `${name}@${version}`;
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}
