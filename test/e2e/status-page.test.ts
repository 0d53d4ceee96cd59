import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { statusHtml } from '../../src/commands/status-html.ts';
import { anyReport } from '../support/status-report.ts';

/** Debian's Chromium, or the one that is named. */
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const isAbsent = !existsSync(executablePath) && !process.env.CI;

describe.skipIf(isAbsent)('the status page in Chromium', () => {
  let browser: Browser;
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'status-page-'));
    browser = await puppeteer.launch({
      executablePath,
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    });
  });
  afterAll(async () => {
    await browser?.close();
    await rm(directory, { recursive: true });
  });

  async function open(orgs: number, hash = '', prepare: (page: Page) => Promise<unknown> = async () => {}) {
    const file = join(directory, `${orgs}.html`);
    await writeFile(file, statusHtml(anyReport(orgs)));
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on('console', (message) => problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith('file:')) problems.push(`asked for ${request.url()}`);
    });
    await prepare(page);
    await page.goto(`${pathToFileURL(file).href}${hash}`);
    return { page, problems };
  }
  // As text: the types of a browser are not those of the program.
  const shown = (page: Page): Promise<string[]> =>
    page.evaluate(`[...document.querySelectorAll('.org')].filter((row) => !row.hidden)
      .map((row) => row.querySelector('b').firstChild.textContent)`) as Promise<string[]>;

  test('asks for nothing, and makes no error', async () => {
    const { page, problems } = await open(100);
    expect(await page.title()).toBe('30 need a person, 10 unknown – status of lakekeeper-gitops');
    expect(problems).toEqual([]);
  });

  test('is searched and filtered by keyboard, says how many are shown, and keeps it in its address', async () => {
    const { page } = await open(100);
    await page.keyboard.press('Tab');
    await page.keyboard.type('org-1');
    const found = await shown(page);
    expect(found).toHaveLength(11);
    expect(await page.$eval('output', (output) => output.textContent)).toBe('11 of 100 shown');
    await page.keyboard.press('Tab');
    await page.keyboard.type('drifted');
    expect(await shown(page)).toEqual(['org-15']);
    const again = await open(100, new URL(page.url()).hash);
    expect(await shown(again.page)).toEqual(['org-15']);
  });

  test('is sorted by a column, both ways, and says so to a screen reader', async () => {
    const { page } = await open(100);
    const button = await page.waitForSelector('[data-by="org"] button');
    await button?.focus();
    await page.keyboard.press('Enter');
    expect((await shown(page)).slice(0, 3)).toEqual(['org-0', 'org-1', 'org-10']);
    expect(await page.$eval('[data-by="org"]', (head) => head.getAttribute('aria-sort'))).toBe('ascending');
    await page.keyboard.press('Enter');
    expect((await shown(page))[0]).toBe('org-99');
  });

  test('is read by a screen reader: a picture with words, a table with heads, controls with names', async () => {
    const { page } = await open(100);
    // Chromium builds the tree after the page has loaded, part by part.
    await vi.waitFor(
      async () => {
        const tree = JSON.stringify(await page.accessibility.snapshot({ interestingOnly: false }));
        for (const name of [
          '10 broken, 10 unknown, 10 orphan',
          'Search',
          'Verdict',
          'org-0',
          'Orgs, the worst first',
        ])
          expect(tree).toContain(name);
        expect(tree).toMatch(/"role":"rowheader"/);
      },
      { timeout: 30_000, interval: 100 },
    );
  });

  test('without script it has every org, and no controls that do nothing', async () => {
    const { page } = await open(100, '', (blank) => blank.setJavaScriptEnabled(false));
    expect(await page.$$('.org')).toHaveLength(100);
    expect(await page.$eval('form', (form) => form.checkVisibility())).toBe(false);
  });

  test.each(['light', 'dark'])('has a contrast of 4.5 to 1 and more in %s', async (scheme) => {
    const { page } = await open(20, '', (blank) =>
      blank.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]),
    );
    const least = await page.evaluate(`(() => {
      const luminance = (colour) => {
        const [r, g, b] = colour.match(/[\\d.]+/g).map((part) => {
          const c = Number(part) / 255;
          return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const backOf = (element) => {
        if (element === null) return 'rgb(255, 255, 255)';
        const { backgroundColor } = getComputedStyle(element);
        return backgroundColor.startsWith('rgba') ? backOf(element.parentElement) : backgroundColor;
      };
      const texts = document.querySelectorAll('h1, header p, .mark, b, span, small, li, code, output, label');
      return Math.min(...[...texts].map((element) => {
        const [a, b] = [luminance(getComputedStyle(element).color), luminance(backOf(element))];
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      }));
    })()`);
    expect(least).toBeGreaterThan(4.5);
  });

  test('on a phone nothing is beside the screen', async () => {
    const { page } = await open(100, '', (blank) => blank.setViewport({ width: 360, height: 720 }));
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
  });

  test('ten thousand orgs are there to be searched', async () => {
    const { page, problems } = await open(10_000);
    expect(await shown(page)).toHaveLength(10_000);
    await page.type('#text', 'org-9999');
    expect(await shown(page)).toEqual(['org-9999']);
    expect(problems).toEqual([]);
  });
});
