import { expect, test } from 'vitest';
import { statusHtml } from '../../src/commands/status-html.ts';
import { statusReport } from '../../src/status/status-schema.ts';
import type { Verdict } from '../../src/status/verdict.ts';
import { anyReport } from '../support/status-report.ts';

test('the page needs no other file, and its policy forbids to fetch any', () => {
  const html = statusHtml(anyReport(100));
  expect(html).toContain(
    `content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"`,
  );
  expect(html).not.toMatch(/(src|href)=|url\(|@import/);
});

test('without its script, every org, its verdict, its findings and commands are there', () => {
  const report = anyReport(100);
  const html = statusHtml(report).replaceAll(/<script>.*?<\/script>/gs, '');
  for (const { org } of report.orgs) expect(html).toContain(`<b role="rowheader">${org}<`);
  expect(html).toContain('<code>lakekeeper-gitops register</code>');
  expect(html).toContain(
    'aria-label="10 broken, 10 unknown, 10 orphan, 10 drifted, 10 waiting, 10 retiring, 40 registered"',
  );
  expect(html.match(/<rect /g)).toHaveLength(7);
});

test('hostile texts of an org or a server are escaped', () => {
  const hostile = `"><img src=x onerror=alert(1)>&\u202e</script>`;
  const findings = [{ verdict: 'broken', subject: 'server', what: hostile, command: hostile }] as const;
  const html = statusHtml(
    anyReport(1, { org: hostile, name: hostile, verdict: 'broken', findings, version: hostile }),
  );
  expect(html).not.toContain('<img');
  expect(html).not.toContain('\u202e');
  expect(html.match(/<script>/g)).toHaveLength(1);
  expect(html).toContain('&quot;&gt;&lt;img src=x onerror=alert(1)&gt;&amp;\\u202e&lt;/script&gt;');
});

test.each<[Partial<Record<Verdict, number>>, string]>([
  [{ registered: 3 }, 'No org needs a person'],
  [{ broken: 1, registered: 3 }, '1 needs a person'],
  [{ broken: 1, orphan: 1, drifted: 1 }, '3 need a person'],
  [{ unknown: 2, registered: 3 }, '2 unknown'],
  [{ drifted: 1, unknown: 1_000 }, '1 needs a person, 1,000 unknown'],
])('the title of %j is %s: what is unknown is never fine', (some, title) => {
  const report = anyReport(1);
  const totals = { ...statusReport({ orgs: [], skipped: 0 }, new Date(0)).totals, ...some };
  expect(statusHtml({ ...report, totals })).toContain(
    `<title>${title} – status of lakekeeper-gitops</title>`,
  );
});
