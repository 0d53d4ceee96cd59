import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

/** Files that may cite a fact: everything written by hand, but data. */
const files = [
  ...['src', 'test', 'docs', 'scripts', 'bench', 'examples', 'ci'].flatMap((directory) =>
    readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(ts|mts|mjs|md|ya?ml|lua)$/.test(file) && !/recordings\/|node_modules/.test(file))
      .map((file) => `${directory}/${file}`),
  ),
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
].filter((file) => file !== 'test/references.test.ts');

const tracked = execFileSync('git', ['ls-files'], { encoding: 'utf8' }).trim().split('\n');
const tops = ['src', 'test', 'docs', 'bench', 'scripts', 'examples', 'ci', 'argo-cd', 'imports', 'schemas'];
/** Written by a command, or by the tests' forge. */
const written = new Set(['body.md']);

const facts = new Map(
  readdirSync('docs/facts').map((file) => [file, readFileSync(`docs/facts/${file}`, 'utf8')]),
);

/** The numbers of a document's headings: `### 6.3 When …` is 6.3. */
function sections(text: string): Set<string> {
  return new Set([...text.matchAll(/^#{2,4} (\d+(?:\.\d+)?)[. ]/gm)].map(([, number = '']) => number));
}

const [, list = ''] = facts.get('duckgres-warehouse-row.md')?.split('\n## 9. Incidents') ?? [];
const incidents = new Set([...list.matchAll(/^\| (\d+[a-c]?) \|/gm)].map(([, number = '']) => number));

/**
 * What a text cites and is not there. A `§` belongs to the document, or the RFC, that is named last before it; in a
 * document of facts to that document itself, but right after a link to another one.
 */
function deadReferences(file: string, text: string): string[] {
  const dead: string[] = [];
  const own = file.startsWith('docs/facts/') ? file.slice('docs/facts/'.length) : undefined;
  let cited: string | undefined;
  const references = new RegExp(
    [
      /(?<path>[\w./-]*\/)?(?<document>[\w-]+\.md)\b(?=(?<follows>\)? §)?)/,
      /(?<other>RFC \d+)/,
      /§(?<section>\d+(?:\.\d+)?)/,
      /\bincidents? (?<numbers>\d+[a-c]?(?:(?:,| and) \d+[a-c]?\b)*)/,
    ]
      .map(({ source }) => source)
      .join('|'),
    'gi',
  );
  for (const { index, groups = {} } of text.matchAll(references)) {
    const at = `${file}:${text.slice(0, index).split('\n').length}`;
    const { path = '', document = '', follows, other, section, numbers = '' } = groups;
    if (other) cited = other;
    if (path.endsWith('facts/') && (path !== 'docs/facts/' || !facts.has(document)))
      dead.push(`${at} ${path}${document}`);
    else if (facts.has(document) && (own ? follows : path === 'docs/facts/')) cited = document;
    if (section !== undefined && !cited?.startsWith('RFC')) {
      const where = cited ?? own;
      if (!sections(facts.get(where ?? '') ?? '').has(section))
        dead.push(`${at} §${section} of ${where ?? 'no document'}`);
      if (own) cited = undefined;
    }
    for (const number of numbers.match(/\d+[a-c]?/g) ?? [])
      if (!incidents.has(number)) dead.push(`${at} incident ${number}`);
  }
  if (/\bshared\/(facts|cases|[a-z-]+\.md)|\bcases\/\d|\brecordings? of the operator, /.test(text))
    dead.push(`${file} cites what is not in the repository`);
  return dead;
}

/** The comments of a program, or the prose of a document; other lines are empty. */
function prose(file: string, text: string): string {
  if (file.endsWith('.md'))
    return text.replaceAll(/^```.*?^```/gms, (block) => block.replaceAll(/[^\n]+/g, ''));
  return text
    .split('\n')
    .map((line) => (/^\s*(\*|\/[*/]|#|--)/.test(line) ? line : ''))
    .join('\n');
}

/** Dead paths in code spans: paths in a directory of ours, and names of source files. */
function deadPaths(file: string, text: string): string[] {
  const comments = prose(file, text);
  return [...comments.matchAll(/`([\w.-]+(?:\/[\w.-]+)*)\/?`/g)].flatMap(({ index, 1: path = '' }) => {
    const isOurs = tops.includes(path.split('/')[0] ?? '') && path.includes('/');
    if ((!isOurs && !/\.(md|ts|mts|mjs|lua)$/.test(path)) || written.has(path) || isTracked(path)) return [];
    return [`${file}:${comments.slice(0, index).split('\n').length} ${path}`];
  });
}

function isTracked(path: string): boolean {
  return tracked.some((known) => `/${known}`.endsWith(`/${path}`) || `/${known}`.includes(`/${path}/`));
}

test('no comment or document names a file or directory that is not in the repository', () => {
  expect(tracked.length).toBeGreaterThan(500);
  expect(files.flatMap((file) => deadPaths(file, readFileSync(file, 'utf8')))).toEqual([]);
});

test('no file has the marks of a merge that was not finished', () => {
  expect(files.filter((file) => /^(<{7}|>{7}) /m.test(readFileSync(file, 'utf8')))).toEqual([]);
});

test('no comment, test or document cites a fact that is not in the repository', () => {
  expect(facts.size).toBeGreaterThan(6);
  expect(incidents.size).toBeGreaterThan(47);
  expect(files.flatMap((file) => deadReferences(file, readFileSync(file, 'utf8')))).toEqual([]);
});

describe('a dead reference is found', () => {
  test.each([
    ['a file', `docs/facts/${'lakekeeper-crds'}.md`],
    ['a file somewhere else', 'facts/lakekeeper-crd.md'],
    ['a section', 'docs/facts/lakekeeper-crd.md §6.9'],
    ['the second section', 'docs/facts/lakekeeper-management-api.md §4.2 and §4.9'],
    ['a section of no document', '(§5.2)'],
    ['an incident', 'incident 48'],
    ['the second of two incidents', 'incidents 24 and 99'],
    ['what is not in the repository', `see shared/${'bench'}.md`],
    ['a recording without its file', '(recordings of the operator, 04)'],
  ])('%s', (_, text) => {
    expect(deadReferences('src/example.ts', text)).toHaveLength(1);
  });

  test.each([
    ['a file of ours', '// as in `src/text/gone.ts`'],
    ['a file by its base name', ' * see `gone.ts`'],
    ['a document without its ending', '// docs: `docs/facts/lakekeeper-crd`'],
    ['a directory', '// `src/gone/`'],
  ])('%s', (_, text) => {
    expect(deadPaths('src/example.ts', text)).toHaveLength(1);
  });

  test.each([
    '// `src/text/errors.ts`',
    '// `errors.ts`',
    '// `docs/facts/`',
    "'`src/gone/x.ts`'",
    '// `a/b`',
  ])('and a path that leads somewhere is not: %s', (text) => {
    expect(deadPaths('src/example.ts', text)).toEqual([]);
  });

  test.each([
    'docs/facts/lakekeeper-crd.md §6.3',
    'docs/facts/lakekeeper-management-api.md §4.2, §4.4 and §6',
    'RFC 6749 §5.2',
    'incidents 9a and 47',
  ])('and one that leads somewhere is not: %s', (text) => {
    expect(deadReferences('src/example.ts', text)).toEqual([]);
  });
});
