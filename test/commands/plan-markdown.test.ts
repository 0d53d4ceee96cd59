import fc from 'fast-check';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { describe, expect, test } from 'vitest';
import { markdownLimit, planAsMarkdown } from '../../src/commands/plan-markdown.ts';
import type { SubjectChange } from '../../src/explain/grouping.ts';
import { code } from '../../src/text/markdown.ts';
import { printable } from '../../src/text/printable.ts';
import { hostileIds, orgIds } from '../support/arbitrary.ts';
import { everyKindOf, planOf } from '../support/plans.ts';

/** As GitHub renders it, HTML and all, without what it would take out afterwards. */
const html = (markdown: string) =>
  micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true });

/** Texts that mean something to Markdown, HTML or GitHub. */
const hostile = [
  ...hostileIds,
  '@torvalds',
  'owner/repo#1',
  '#1',
  'GH-1',
  'https://evil.example.com',
  'www.evil.example.com',
  'someone@evil.example.com',
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '</details></summary>',
  '<!--',
  '-->',
  '[link](https://evil.example.com)',
  '![image](https://evil.example.com/x.png)',
  '`',
  '``',
  '` ` `',
  '`@torvalds`',
  '`` `@torvalds` ``',
  '\\`@torvalds',
  '\\',
  '|',
  '| --- | --- |',
  'a|b',
  '```',
  '\n```\n@torvalds',
  '\n\n# heading',
  '\n| a |\n| --- |\n',
  '- [ ] task',
  '> quote',
  '**bold** _it_ ~~no~~',
  ':tada:',
  '&lt;&#64;torvalds',
  '$`x`$',
  '[^1]',
  '[ref]: https://evil.example.com',
  '    indented',
  '\t@torvalds',
  ' ',
  '  ',
  '0'.repeat(40),
];

/** What is left when our own markup and all code is taken away: text and tags that GitHub would look at. */
const outsideCode = (rendered: string) => rendered.replaceAll(/<code>[^<]*<\/code>/g, '');
const ownTags = /<\/?(h2|h3|p|ul|li|table|thead|tbody|tr|th|td|details|summary|strong|blockquote|hr)( \/)?>/g;

function expectHarmless(markdown: string): void {
  const rest = outsideCode(html(markdown)).replaceAll(ownTags, '');
  expect(rest).not.toMatch(/[<@#`|\\]|https?:|www\.|&(?!(quot|amp|gt);)/);
}

describe('untrusted texts are escaped', () => {
  test.each(hostile.map((text) => [JSON.stringify(text).slice(0, 60), text]))('not %s', (_, text) => {
    const plan = planOf(everyKindOf([text]), {
      against: { directory: text, ref: text, commit: text },
      heldBack: text,
      rejected: [{ org: text, problems: [{ at: text, message: text }] }],
      skipped: [{ org: text, reason: text, keep: true }],
      foreignFiles: [text],
    });
    const markdown = planAsMarkdown(plan);
    expectHarmless(markdown);
    // It is there all the same, in code.
    const shown = printable(text.length <= 300 ? text : `${[...text].slice(0, 300).join('')}…`);
    const codes = [...html(markdown).matchAll(/<code>([^<]*)<\/code>/g)].map(([, inside = '']) =>
      unescaped(inside),
    );
    expect(codes.map((inside) => inside.trim())).toContain(shown.trim());
  });

  test('of any org ids together', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(orgIds, fc.constantFrom(...hostile)), { minLength: 1, maxLength: 8 }),
        (texts) => {
          expectHarmless(planAsMarkdown(planOf(everyKindOf(texts))));
        },
      ),
      { numRuns: 100 },
    );
  });

  test('a code span has the whole text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        const rendered = html(`- ${code(text)}`);
        const [, inside = ''] = /^<ul>\n<li><code>(.*)<\/code><\/li>\n<\/ul>$/s.exec(rendered) ?? [];
        expect(unescaped(inside).trim()).toBe(printable(text).trim());
      }),
    );
  });
});

function unescaped(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
}

const upgrades = (count: number): SubjectChange[] =>
  Array.from({ length: count }, (_, i) => ({
    names: { org: `org-${i}`, name: `lakekeeper-org-${i}` },
    change: {
      kind: 'imageUpgraded',
      from: 'v0.12.4',
      to: 'v0.13.3',
      detail: `migration Job lakekeeper-org-${i}-migrate-00000000`,
    },
  }));

describe('its length', () => {
  test('3 orgs: each with its own texts', () => {
    const markdown = planAsMarkdown(planOf(upgrades(3)));
    expect(markdown).toContain('| medium | image upgraded | 3 orgs |');
    expect(markdown).toContain(
      '- `v0.12.4` → `v0.13.3`: 3 orgs\n  - `org-0`: `migration Job lakekeeper-org-0-migrate-00000000`\n',
    );
    expect(markdown.split('\n').length).toBeLessThan(20);
  });

  test('3,000 orgs: one line, and the first of them folded', () => {
    const markdown = planAsMarkdown(planOf(upgrades(3000)));
    expect(markdown).toMatch(/^- `v0\.12\.4` → `v0\.13\.3`: 3,000 orgs$/m);
    expect(markdown).toMatch(/<details><summary>the first 200<\/summary>/);
    expect(markdown).toMatch(/`org-0`, `org-1`, .* and 2,800 more$/m);
    expect(markdown.split('\n').length).toBeLessThan(30);
    expect(html(markdown)).toMatch(/<details>.*<\/details>/s);
  });

  test('3,000 orgs that each have their own: fewer are listed, and every kind is there', () => {
    const changes = Array.from({ length: 3000 }, (_, i): SubjectChange[] => [
      {
        names: { org: `org-${i}`, name: `n-${i}` },
        change: {
          kind: 'metadataStoreMoved',
          what: 'host',
          from: `${'h'.repeat(100)}${i}`,
          to: `${'g'.repeat(100)}${i}`,
        },
      },
      {
        names: { org: `org-${i}`, name: `n-${i}` },
        change: { kind: 'scaled', from: `${i}`, to: `${i + 1}` },
      },
    ]).flat();
    const markdown = planAsMarkdown(planOf(changes));
    expect(markdown.length).toBeLessThanOrEqual(markdownLimit);
    expect(markdown).toMatch(/- … and 2,9\d\d more like these/);
    expect(markdown).toContain('### low: replicas changed (3,000 orgs)');
    expect(markdown).not.toContain('Cut here');
  });

  test('a longer text is cut between sections, after the highest risks, with a notice', () => {
    const texts = hostileIds.map((id) => `${id}${'🦆'.repeat(300)}`);
    const plan = planOf(everyKindOf(texts));
    const markdown = planAsMarkdown(plan, 20_000);
    expect(markdown.length).toBeLessThanOrEqual(20_000);
    expect(markdown).toMatch(
      /\n---\n\n\*\*Cut here\.\*\* \d+ more sections would exceed the limit of 20,000 characters\. Run `lakekeeper-gitops plan` to see the whole plan\.\n$/,
    );
    expect(markdown).toContain('### critical: metadata store: another database');
    // The table says all that is there, also of what is cut.
    for (const { title } of plan.changes) expect(markdown).toMatch(new RegExp(`\\| ${title} \\|`));
    expectHarmless(markdown);
  });

  test('is within the limit of GitHub, in characters of any width', () => {
    const texts = Array.from({ length: 400 }, (_, i) => `${'𝕏'.repeat(200)}${i}`);
    const markdown = planAsMarkdown(planOf(everyKindOf(texts)));
    expect(markdown.length).toBeLessThanOrEqual(65_536);
    expect(Buffer.byteLength(markdown)).toBeLessThanOrEqual(4 * 65_536);
  });
});

test('no changes are one line', () => {
  expect(planAsMarkdown(planOf([]))).toMatch(/^## Plan: no changes\n/);
});

test('a run that is held back begins with that', () => {
  const markdown = planAsMarkdown(
    planOf(upgrades(1), { heldBack: 'the source has no records at all', risk: 'critical' }),
  );
  expect(markdown.indexOf('**Held back:**')).toBeGreaterThan(0);
  expect(markdown.indexOf('**Held back:**')).toBeLessThan(markdown.indexOf('| Risk |'));
});
