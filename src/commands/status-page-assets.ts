/** Style and script of the status page. Both stand in the page itself, so neither has `</`. */

/** Colours of the verdicts, on which white text has a contrast of 4.5 to 1 and more, in light and dark. */
const colours = {
  broken: '#b3261e',
  unknown: '#6b4fa0',
  orphan: '#8a5300',
  drifted: '#a34700',
  waiting: '#00639b',
  retiring: '#5f6368',
  registered: '#1b6e3c',
} as const;

export const style = `
:root{--back:#fff;--text:#1f1f1f;--quiet:#5f6368;--line:#dadce0;--code:#f1f3f4}
@media (prefers-color-scheme:dark){:root{--back:#17181a;--text:#e3e3e3;--quiet:#a8abb0;
--line:#3c4043;--code:#2a2c2f}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:76rem;padding:1rem;background:var(--back);color:var(--text);
font:1rem/1.5 system-ui,sans-serif}
h1{font-size:1.6rem;margin:.2rem 0}
header p{color:var(--quiet);margin:.2rem 0 .8rem}
svg{width:100%;height:1.6rem;border-radius:.4rem;display:block}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.4rem 1.2rem;padding:0;margin:.6rem 0 1.2rem}
.mark{color:#fff;border-radius:.3rem;padding:.1rem .5rem;font-size:.85rem;white-space:nowrap}
${Object.entries(colours)
  .map(([verdict, colour]) => `.${verdict}{background:${colour};fill:${colour}}`)
  .join('\n')}
form{display:flex;flex-wrap:wrap;gap:.6rem 1.2rem;align-items:center;margin:0 0 1rem}
form[hidden]{display:none}
input,select,.heads button{font:inherit;color:inherit;background:var(--back);
border:1px solid var(--quiet);border-radius:.3rem;padding:.3rem .5rem}
.heads button{border:0;padding:.2rem;font-weight:inherit;cursor:pointer;text-align:left}
:focus-visible{outline:3px solid #1a73e8;outline-offset:2px}
output{color:var(--quiet)}
.heads,.org{display:grid;grid-template-columns:minmax(0,16rem) 7rem 5rem minmax(0,1fr);gap:0 .8rem;
padding:.5rem 0;border-bottom:1px solid var(--line)}
.heads{font-weight:600}
.org{content-visibility:auto;contain-intrinsic-height:auto 3rem;overflow-wrap:anywhere}
.org[hidden]{display:none}
.org b{font-weight:600}
small{color:var(--quiet);font-weight:400}
.org ul{margin:0;padding-left:1.1rem}
code{background:var(--code);border-radius:.2rem;padding:.1rem .3rem;font-size:.9em}
@media (max-width:40rem){.org{display:block}
.heads{display:flex;flex-wrap:wrap}
.heads>:last-child{display:none}
.org span+span{margin-left:.6rem}
.org b{display:block}}
@media print{form{display:none}}
`;

/** Filter and sort. Without it, the page has all of the orgs, the worst first. */
export const behaviour = `
(() => {
  const find = (selector) => document.querySelector(selector);
  const body = find('#orgs');
  const rows = [...body.children];
  const text = find('#text'), verdict = find('#verdict'), shown = find('#shown');
  const words = new Map();
  const wordsOf = (row) => {
    let known = words.get(row);
    if (known === undefined) words.set(row, (known = row.textContent.toLowerCase()));
    return known;
  };
  const show = () => {
    const wanted = text.value.trim().toLowerCase();
    let count = 0;
    for (const row of rows) {
      const isChosen = !verdict.value || row.dataset.verdict === verdict.value;
      const isShown = isChosen && (!wanted || wordsOf(row).includes(wanted));
      row.hidden = !isShown;
      if (isShown) count += 1;
    }
    shown.textContent = count + ' of ' + rows.length + ' shown';
    const parameters = new URLSearchParams();
    if (wanted) parameters.set('text', text.value);
    if (verdict.value) parameters.set('verdict', verdict.value);
    const address = parameters.size ? '#' + parameters : location.pathname + location.search;
    // Refused where the page is opened from a file: then the address keeps no filter.
    try { history.replaceState(null, '', address); } catch { /* see above */ }
  };
  const keys = {
    org: (row) => row.firstElementChild.firstChild.textContent.toLowerCase(),
    verdict: (row) => Number(row.dataset.rank),
    workers: (row) => -Number(row.dataset.workers),
  };
  const sort = (by, isDown) => {
    const key = keys[by];
    const sorted = rows.map((row) => [key(row), row]).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    if (isDown) sorted.reverse();
    body.append(...sorted.map(([, row]) => row));
  };
  for (const head of document.querySelectorAll('[data-by]')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener('click', () => {
      const isDown = head.getAttribute('aria-sort') === 'ascending';
      for (const other of document.querySelectorAll('[data-by]')) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', isDown ? 'descending' : 'ascending');
      sort(head.dataset.by, isDown);
    });
  }
  const from = new URLSearchParams(location.hash.slice(1));
  text.value = from.get('text') ?? '';
  verdict.value = from.get('verdict') ?? '';
  text.addEventListener('input', show);
  verdict.addEventListener('change', show);
  find('form').addEventListener('submit', (event) => event.preventDefault());
  find('form').hidden = false;
  show();
})();
`;
