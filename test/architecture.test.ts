import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

/**
 * Imports go one way, type imports counted: a room may import itself, the rooms that are listed for it, and `text`,
 * which imports nothing of ours.
 */
const mayImport: Record<string, readonly string[]> = {
  'cli.ts': ['commands'],
  'main.ts': ['commands'],
  'version.ts': [],
  text: [],
  'open-fleet.ts': ['catalog', 'mapping', 'platform', 'recorded', 'source'],
  'read-fleet.ts': ['catalog', 'mapping', 'platform', 'source'],
  'desired.ts': ['catalog', 'manifests', 'platform', 'tree'],
  'leaving.ts': ['catalog', 'tree'],
  moves: ['catalog', 'platform', 'source', 'tree'],
  leavers: ['catalog', 'leaving.ts', 'moves', 'platform', 'tree'],
  'synth.ts': ['catalog', 'desired.ts', 'leavers', 'moves', 'read-fleet.ts', 'manifests', 'tree'],
  'plan.ts': ['desired.ts', 'explain', 'leavers', 'moves', 'read-fleet.ts', 'tree', 'version.ts'],
  'register-fleet.ts': ['read-fleet.ts', 'registration'],
  'retire-org.ts': ['catalog', 'leavers', 'read-fleet.ts', 'tree'],
  'api-results.ts': [],
  'api.ts': [
    'api-results.ts',
    'catalog',
    'open-fleet.ts',
    'platform',
    'plan.ts',
    'read-fleet.ts',
    'register-fleet.ts',
    'registration',
    'source',
    'synth.ts',
    'tree',
  ],
  completion: [],
  commands: [
    'catalog',
    'clients',
    'completion',
    'explain',
    'mapping',
    'open-fleet.ts',
    'read-fleet.ts',
    'plan.ts',
    'platform',
    'register-fleet.ts',
    'registration',
    'repair',
    'retire-org.ts',
    'retirement',
    'source',
    'status',
    'synth.ts',
    'tree',
    'version.ts',
    'worker',
  ],
  manifests: ['catalog', 'imports', 'platform', 'tree/header.ts', 'tree/rendered-file.ts'],
  explain: ['catalog', 'platform', 'tree/header.ts'],
  registration: ['catalog', 'clients', 'mapping', 'source'],
  recorded: ['catalog', 'clients', 'mapping', 'platform', 'registration'],
  repair: ['catalog', 'clients', 'registration'],
  retirement: ['catalog', 'clients', 'mapping', 'registration', 'source'],
  status: [
    'catalog',
    'clients',
    'desired.ts',
    'leavers',
    'mapping',
    'platform',
    'read-fleet.ts',
    'registration',
    'source',
    'tree',
  ],
  catalog: ['mapping', 'platform', 'source'],
  platform: ['mapping', 'version.ts'],
  source: ['clients', 'mapping'],
  mapping: [],
  clients: [],
  tree: [],
  worker: ['catalog', 'mapping', 'platform', 'source'],
};

interface Import {
  readonly from: string;
  readonly to: string;
  readonly isType: boolean;
}

async function importsOf(root: string): Promise<Import[]> {
  const files = (await readdir(root, { recursive: true })).filter((file) => file.endsWith('.ts'));
  const found = await Promise.all(
    files.map(async (file) => {
      const text = await readFile(join(root, file), 'utf8');
      const statements = [
        ...text.matchAll(/^(?:import|export)\s+(type\s)?[^;]*?from\s+'([^']+)'|\bimport\('([^']+)'\)/gms),
      ];
      return statements.map(([, type, fixed, dynamic]) => ({
        from: file,
        to: fixed ?? dynamic ?? '',
        isType: type !== undefined,
      }));
    }),
  );
  return found.flat().map(({ to, ...rest }) => ({
    ...rest,
    to: to.startsWith('.') ? relative(root, join(root, dirname(rest.from), to)) : to,
  }));
}

const imports = await importsOf('src');
const sources = (await readdir('src', { recursive: true })).filter((file) => file.endsWith('.ts'));
const room = (file: string) => file.split('/')[0] ?? file;

function circlesOf(edges: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const visit = (one: string, path: readonly string[]): string | undefined => {
    if (path.includes(one)) return [...path.slice(path.indexOf(one)), one].join(' -> ');
    if (done.has(one)) return undefined;
    const circle = (edges.get(one) ?? [])
      .map((next) => visit(next, [...path, one]))
      .find((found) => found !== undefined);
    done.add(one);
    return circle;
  };
  return [...edges.keys()].map((one) => visit(one, [])).filter((circle) => circle !== undefined);
}

test('finds the imports at all', () => {
  expect(imports.length).toBeGreaterThan(100);
  expect(new Set(imports.map(({ from }) => room(from)))).toEqual(
    new Set(Object.keys(mayImport).filter((name) => imports.some(({ from }) => room(from) === name))),
  );
});

test('every import of another room is one that is allowed', () => {
  const wrong = imports.filter(({ from, to }) => {
    if (!to.includes('/') && !to.endsWith('.ts')) return false;
    if (/^(node:|@|[a-z])/.test(to) && !to.endsWith('.ts')) return false;
    const target = to.startsWith('../imports/')
      ? 'imports'
      : to.startsWith('../package.json')
        ? 'version.ts'
        : to;
    const allowed = mayImport[room(from)] ?? [];
    return (
      room(from) !== room(target) &&
      room(target) !== 'text' &&
      !allowed.includes(target) &&
      !allowed.includes(room(target))
    );
  });
  expect(wrong.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
});

describe('packages stay in their rooms', () => {
  test.each([
    ['cdk8s', ['manifests']],
    ['cdk8s-plus-28', ['manifests']],
    ['constructs', ['manifests']],
    ['pg', ['clients', 'mapping', 'source', 'registration', 'retirement']],
    ['commander', ['cli.ts', 'main.ts', 'commands', 'completion']],
    ['zod', ['platform', 'catalog', 'explain', 'moves', 'registration', 'status']],
    ['@kubernetes/client-node', ['source', 'clients']],
    ['proper-lockfile', ['tree']],
  ])('%s in %j', (name, rooms) => {
    expect(
      [...new Set(imports.filter(({ to }) => to === name).map(({ from }) => room(from)))].filter(
        (from) => !rooms.includes(from),
      ),
    ).toEqual([]);
  });
});

test.each(['catalog', 'explain'])('the centre is pure: %s/ does no I/O and reads no clock', async (name) => {
  const files = await readdir(`src/${name}`);
  for (const file of files) {
    const text = await readFile(`src/${name}/${file}`, 'utf8');
    expect(text, file).not.toMatch(
      /node:(fs|https?|child_process|timers|dns|tls)\b|\bDate\b|Math\.random|process\./,
    );
  }
});

test('no file imports in a circle, type imports counted', () => {
  const edges = new Map<string, string[]>();
  for (const { from, to } of imports)
    if (to.endsWith('.ts')) edges.set(from, [...(edges.get(from) ?? []), to]);
  expect(circlesOf(edges)).toEqual([]);
});

test('the map in docs/architecture.md has a line for each room', async () => {
  const map = await readFile('docs/architecture.md', 'utf8');
  const names = (await readdir('src', { withFileTypes: true })).map((entry) =>
    entry.isDirectory() ? `${entry.name}/` : entry.name,
  );
  expect(names.filter((name) => !map.includes(`\`${name}\``))).toEqual([]);
});

test('no room may import in a circle', () => {
  const rooms = new Map(Object.entries(mayImport).map(([from, to]) => [from, to.map(room)]));
  expect(circlesOf(rooms)).toEqual([]);
});

test('a base name is one file: an editor finds it by name; only the stages of a flow repeat', () => {
  const stages = ['observe.ts', 'plan.ts', 'apply.ts'];
  const names = sources.map((file) => basename(file)).filter((name) => !stages.includes(name));
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
});

/** Tables and output of the program, which are compared as they are. */
const withTables = [
  'test/catalog/gate.test.ts',
  'test/commands/plan-text.test.ts',
  'test/imports/crd-fields.ts',
];
/** A regular expression, or a single word: neither can be broken. */
const unbreakable = /^\s*(\/[^/*]|\S{110})/;

test('lines end before column 121, also in comments, tests, bench, examples and scripts', async () => {
  const files = await Promise.all(
    ['src', 'test', 'bench', 'examples', 'scripts'].map(async (directory) =>
      (await readdir(directory, { recursive: true }))
        .filter((file) => /\.m?[tj]s$/.test(file) && !/node_modules|(^|\/)e2e\/go\//.test(file))
        .map((file) => `${directory}/${file}`),
    ),
  );
  const wide = await Promise.all(
    files
      .flat()
      .filter((file) => !withTables.includes(file))
      .map(async (file) =>
        (await readFile(file, 'utf8'))
          .split('\n')
          .flatMap((line, i) => (line.length > 120 && !unbreakable.test(line) ? [`${file}:${i + 1}`] : [])),
      ),
  );
  expect(wide.flat()).toEqual([]);
});

test('the registration Job loads neither cdk8s nor the Kubernetes client: it starts quickly', () => {
  const reached = new Set<string>();
  const visit = (file: string) => {
    if (reached.has(file)) return;
    reached.add(file);
    for (const { from, to, isType } of imports) if (from === file && !isType) visit(to);
  };
  visit('commands/register-command.ts');
  expect(reached).toContain('registration/register.ts');
  expect([...reached].filter((file) => /^(cdk8s|constructs|manifests)/.test(file))).toEqual([]);
});

test('the token broker is of Node itself, but for errors and log; and the log is not loaded before it listens', () => {
  const ours = imports.filter(({ from, isType }) => from.startsWith('worker/token-broker/') && !isType);
  expect(ours.length).toBeGreaterThan(10);
  const foreign = ours.filter(({ to }) => !/^(node:|worker\/token-broker\/|text\/)/.test(to));
  expect(foreign.map(({ to }) => to)).toEqual([]);
});

test('only the entry files choose exit codes', () => {
  const entries = ['cli.ts', 'main.ts'];
  return Promise.all(
    [...new Set(imports.map(({ from }) => from))]
      .filter((file) => !entries.includes(file) && room(file) !== 'commands')
      .map(async (file) => expect(await readFile(`src/${file}`, 'utf8'), file).not.toMatch(/process\.exit/)),
  );
});
