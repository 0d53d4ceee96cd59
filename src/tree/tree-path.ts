/**
 * Paths of rendered files: `platform/<file>.yaml`, `orgs/<name>/<file>.yaml` and
 * `shards/<number>/<name>/<file>.yaml`, relative to the output directory, with forward slashes. This says what is
 * allowed rather than what is not, so that no org id, however hostile, becomes a path.
 */

const orgDirectory = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
// At most 205 characters: file systems take 255, and editors and Git make longer names of it for a while.
const yamlFile = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}\.yaml$/;

/** Whether an org's directory may have this name: a DNS-1123 label. */
export function isOrgDirectory(name: string): boolean {
  return orgDirectory.test(name);
}

/** Whether a directory holds the orgs of one shard: three digits. */
export function isShardDirectory(name: string): boolean {
  return /^[0-9]{3}$/.test(name);
}

/** Whether a rendered file may have this name: plain letters, digits, `.`, `_`, `-`, ending in `.yaml`. */
export function isYamlFile(name: string): boolean {
  return yamlFile.test(name);
}

/** Whether a directory, relative to the output directory, may have rendered files. */
export function isTreeDirectory(directory: string): boolean {
  const [top, ...below] = directory.split('/');
  const [first = '', second = ''] = below;
  switch (top) {
    case 'platform':
      return below.length === 0;
    case 'orgs':
      return below.length === 1 && isOrgDirectory(first);
    case 'shards':
      return below.length === 2 && isShardDirectory(first) && isOrgDirectory(second);
    default:
      return false;
  }
}
