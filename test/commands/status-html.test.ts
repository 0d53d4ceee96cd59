import { expect, test } from 'vitest';
import { statusHtml } from '../../src/commands/status-html.ts';
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
