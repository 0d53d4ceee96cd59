// Installs the packages of package-lock.json when they are not there yet. `npm test` and `npm run demo` run it first,
// so that each of them works as the first command after `git clone`. Plain JavaScript, because no compiler may be
// there; Node's own modules only.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const oldest = [20, 19];
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const lockFile = join(
  tmpdir(),
  `npm-ci-${createHash('sha256').update(root).digest('hex').slice(0, 16)}.lock`,
);
const tenMinutes = 600000;

process.exitCode = main();

function main() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
    console.error(`Node ${oldest.join('.')} or newer is needed; this is ${process.versions.node}`);
    return 2;
  }
  if (upToDate()) return 0;
  waitForOthers();
  try {
    // Somebody else may have done it in the meantime.
    return upToDate() ? 0 : install();
  } finally {
    rmSync(lockFile, { force: true });
  }
}

/**
 * npm writes the second file at the end of an installation, without the packages that it left out. Packages that are
 * there in addition (`npm install --no-save`) are left alone.
 */
function upToDate() {
  const wanted = packagesOf(join(root, 'package-lock.json'));
  // Without a lock file, npm says best what is wrong.
  if (wanted[''] === undefined) return false;
  const installed = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    if (path === '') return true;
    // An optional package is not there when it is for another platform.
    return installed[path] === undefined ? optional === true : installed[path].version === version;
  });
}

function packagesOf(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error instanceof SyntaxError) return {};
    throw error;
  }
}

function install() {
  console.error('installing the packages of package-lock.json (npm ci)');
  // Whatever NODE_ENV or the user's npm settings leave out: the compiler and the embedded Postgres are needed here.
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.env.npm_execpath;
  const [command, ...first] = npm && basename(npm) === 'npm-cli.js' ? [process.execPath, npm] : ['npm'];
  const { status, error } = spawnSync(command, [...first, ...args], {
    cwd: root,
    // All of it to stderr: the caller's stdout may be read by a program.
    stdio: ['ignore', 2, 2],
    shell: command === 'npm' && process.platform === 'win32',
  });
  if (status === 0) return 0;
  console.error(`npm ci failed${error ? `: ${error.message}` : ''}`);
  return status || 1;
}

/** Only one installs at a time: `npm ci` begins by deleting node_modules. */
function waitForOthers() {
  for (const end = Date.now() + tenMinutes; Date.now() < end; ) {
    try {
      writeFileSync(lockFile, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (!holderLives()) rmSync(lockFile, { force: true });
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
}

function holderLives() {
  try {
    const pid = Number(readFileSync(lockFile, 'utf8'));
    // Empty: it was created a moment ago.
    if (pid > 0) process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it belongs to another user.
    return error.code === 'EPERM' || error.code === 'EACCES';
  }
}
