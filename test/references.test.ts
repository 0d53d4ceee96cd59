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
  const references =
    /(?<path>[\w./-]*\/)?(?<document>[\w-]+\.md)\b(?=(?<follows>\)? §)?)|(?<other>RFC \d+)|§(?<section>\d+(?:\.\d+)?)|\bincidents? (?<numbers>\d+[a-c]?(?:(?:,| and) \d+[a-c]?\b)*)/gi;
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
  if (/\bshared\/(facts|cases|[a-z-]+\.md)/.test(text))
    dead.push(`${file} cites what is not in the repository`);
  return dead;
}

test('no comment, test or document cites a fact that is not in the repository', () => {
  expect(facts.size).toBeGreaterThan(6);
  expect(incidents.size).toBeGreaterThan(47);
  expect(files.flatMap((file) => deadReferences(file, readFileSync(file, 'utf8')))).toEqual([]);
});

describe('a dead reference is found', () => {
  test.each([
    ['a file', 'docs/facts/lakekeeper-crds.md'],
    ['a file somewhere else', 'facts/lakekeeper-crd.md'],
    ['a section', 'docs/facts/lakekeeper-crd.md §6.9'],
    ['the second section', 'docs/facts/lakekeeper-management-api.md §4.2 and §4.9'],
    ['a section of no document', '(§5.2)'],
    ['an incident', 'incident 48'],
    ['the second of two incidents', 'incidents 24 and 99'],
    ['what is not in the repository', 'see shared/bench.md'],
  ])('%s', (_, text) => {
    expect(deadReferences('src/example.ts', text)).toHaveLength(1);
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
