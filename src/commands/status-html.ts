import type { ReportedOrg, StatusReport } from '../status/status-schema.ts';
import { type Verdict, verdicts } from '../status/verdict.ts';
import { printable } from '../text/printable.ts';
import { behaviour, style } from './status-page-assets.ts';

/** Nothing is fetched: style and script are in the page. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/**
 * The status as one file that needs nothing else: no script, font or picture is fetched, and without a script it can
 * be read whole. Every text of it is escaped: org ids and messages of servers are hostile.
 */
export function statusHtml(report: StatusReport): string {
  const { at, orgs, totals, skipped } = report;
  const title = titleOf(totals);
  const minute = at.slice(0, 16).replace('T', ' ');
  const without = skipped > 0 ? `; ${count(skipped)} without a catalog` : '';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${title} – status of lakekeeper-gitops</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p>${count(orgs.length)} checked at <time datetime="${escaped(at)}">${escaped(minute)} UTC</time>${without}</p>
${totalsBar(totals)}
${legend(totals)}
</header>
<main>
<form id="controls" role="search" hidden>
<label>Search <input id="text" type="search" autocomplete="off"></label>
<label>Verdict <select id="verdict"><option value="">all</option>${verdicts
    .filter((verdict) => totals[verdict] > 0)
    .map((verdict) => `<option>${verdict}</option>`)
    .join('')}</select></label>
<output id="shown" aria-live="polite"></output>
</form>
<div role="table" aria-label="Orgs, the worst first" aria-rowcount="${orgs.length + 1}">
<div role="row" class="heads"><span role="columnheader" data-by="org">Org</span>
<span role="columnheader" data-by="verdict">Verdict</span>
<span role="columnheader" data-by="workers">Workers</span>
<span role="columnheader">Why and what helps</span></div>
<div role="rowgroup" id="orgs">
${orgs.map(row).join('\n')}
</div>
</div>
</main>
<script>${behaviour}</script>
</body>
</html>
`;
}

function titleOf({ broken, orphan, drifted, unknown }: StatusReport['totals']): string {
  const needed = broken + orphan + drifted;
  const parts = [
    ...(needed > 0 ? [`${count(needed)} ${needed === 1 ? 'needs' : 'need'} a person`] : []),
    ...(unknown > 0 ? [`${count(unknown)} unknown`] : []),
  ];
  return parts.join(', ') || 'No org needs a person';
}

function row({ org, name, verdict, findings, workers, version }: ReportedOrg): string {
  const running = workers?.running ?? 0;
  const id = org === null ? '' : `<br><small>${escaped(name)}</small>`;
  const said =
    findings.length > 0
      ? `<ul>${findings.map(finding).join('')}</ul>`
      : `Lakekeeper ${escaped(version ?? '')}`;
  return (
    `<div role="row" class="org" data-verdict="${verdict}" ` +
    `data-rank="${verdicts.indexOf(verdict)}" data-workers="${running}">` +
    `<b role="rowheader">${escaped(org ?? name)}${id}</b>` +
    `<span role="cell"><span class="mark ${verdict}">${verdict}</span></span>` +
    `<span role="cell">${workers === null ? '–' : `${workers.ready}/${workers.running}`}</span>` +
    `<div role="cell">${said}</div></div>`
  );
}

function finding({ verdict, subject, what, command }: ReportedOrg['findings'][number]): string {
  const begins = verdict === 'waiting' ? 'waits for ' : '';
  const helps = command === null ? '' : ` <code>${escaped(command)}</code>`;
  return `<li><b>${escaped(subject)}</b> ${begins}${escaped(what)}${helps}</li>`;
}

/** Totals as one bar: its parts are as long as their shares, and none that is there is too short to be seen. */
function totalsBar(totals: StatusReport['totals']): string {
  const width = 1000;
  const present = verdicts.filter((verdict) => totals[verdict] > 0);
  const all = present.reduce((sum, verdict) => sum + totals[verdict], 0);
  const least = 8;
  const room = width - least * present.length;
  let x = 0;
  const bars = present.map((verdict) => {
    const length = least + (room * totals[verdict]) / all;
    const place = `x="${x.toFixed(1)}" width="${length.toFixed(1)}" height="32"`;
    const bar = `<rect class="${verdict}" ${place}><title>${count(totals[verdict])} ${verdict}</title></rect>`;
    x += length;
    return bar;
  });
  const words = present.map((verdict) => `${count(totals[verdict])} ${verdict}`).join(', ') || 'no orgs';
  const box = `viewBox="0 0 ${width} 32" preserveAspectRatio="none"`;
  return `<svg ${box} role="img" aria-label="${words}">${bars.join('')}</svg>`;
}

function legend(totals: StatusReport['totals']): string {
  const items = verdicts
    .filter((verdict) => totals[verdict] > 0)
    .map(
      (verdict: Verdict) =>
        `<li><span class="mark ${verdict}">${verdict}</span> ${count(totals[verdict])}</li>`,
    );
  return `<ul class="legend">${items.join('')}</ul>`;
}

function count(value: number): string {
  return value.toLocaleString('en');
}

function escaped(text: string): string {
  const shown = printable(text.replaceAll(/\s*\n\s*/g, ' '));
  return shown
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
