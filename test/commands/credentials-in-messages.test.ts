import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { program } from '../../src/commands/program.ts';
import { parsePlatform } from '../../src/platform/parse.ts';
import { printToStderr } from '../../src/text/command-line.ts';
import { explain } from '../../src/text/errors.ts';
import { parseYaml } from '../../src/text/yaml-reader.ts';

/** No message repeats what may hold a credential, however a connection string is written, and wherever it is put. */

const password = 'TopSecret';
const noise = fc.stringMatching(/^[a-z0-9.%_-]{0,6}$/);
const secret = fc.tuple(noise, noise).map(([before, after]) => `${before}${password}${after}`);

/** Ways in which people write, quote and mistype a connection string. Nothing listens on port 1 of this machine. */
const connectionString = fc
  .record({
    secret,
    scheme: fc.constantFrom(
      ...[
        'postgres',
        'postgresql',
        'POSTGRES',
        'postgress',
        'psql',
        'jdbc:postgresql',
        'mysql',
        'postgresql+psycopg2',
      ],
    ),
    slashes: fc.constantFrom('://', '://', '://', ':/', ':', '//', ':\\\\'),
    host: fc.constantFrom(
      '127.0.0.1',
      '127.0.0.1:1',
      'localhost:1',
      '[::1]:1',
      '127.0.0.1:1,127.0.0.1:2',
      '',
    ),
    form: fc.constantFrom<(parts: { p: string; h: string; url: string }) => string>(
      ({ p, h, url }) => `${url}app:${p}@${h}/ctl`,
      ({ p, h, url }) => `${url}app:${p}@${h}`,
      ({ p, h, url }) => `${url}app:${p}/with/slashes?and@${h}/ctl`,
      ({ p, h, url }) => `${url}${h}/ctl?user=app&password=${p}`,
      ({ p, h, url }) => `${url}${h}/ctl?user=app&pasword=${p}`,
      ({ p, h, url }) => `${url}${h}/ctl?sslpassword=${p}`,
      ({ p, h, url }) => `${url}app@${h}/ctl?options=-c%20my.secret%3D${p}&port=1`,
      ({ p, h, url }) => `${url}app:${p}@${h}/ctl?sslmode=${p}`,
      ({ p, h, url }) => `${url}app:x@${h}/ctl?channel_binding=${p}@`,
      ({ p, h }) => `app:${p}@${h}/ctl`,
      ({ p, h }) => `//app:${p}@${h}/ctl`,
      ({ p, h }) => `app:${p}@tcp(${h})/ctl`,
      ({ p, h }) => `host=${h} user=app password=${p} dbname=ctl`,
      ({ p, h }) => `host=${h} user=app pasword='${p}' dbname=ctl`,
      ({ p }) => `password = ${p}`,
      ({ p, h }) => `Server=${h};User Id=app;Password=${p};`,
      ({ p, h }) => `PGPASSWORD=${p} psql -h ${h}`,
    ),
    quote: fc.constantFrom('', '', '', '"', "'", '`'),
    blank: fc.constantFrom('', '', ' ', '\n', '\t'),
  })
  .map(({ secret: p, scheme, slashes, host: h, form, quote, blank }) =>
    [blank, quote, form({ p, h, url: `${scheme}${slashes}` }), quote, blank].join(''),
  );

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'messages-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** All that a run writes, in this process. */
async function output(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { argv, exitCode } = process;
  const written: string[] = [];
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation((text) => written.push(String(text)) > 0),
  );
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  process.argv = ['node', 'lakekeeper-gitops', ...args];
  try {
    await program().parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) printToStderr(`error: ${explain(error)}`);
  } finally {
    process.argv = argv;
    process.exitCode = exitCode;
    vi.unstubAllEnvs();
    for (const spy of spies) spy.mockRestore();
  }
  return written.join('');
}

const fleet = [
  '--warehouses',
  'examples/fleet/warehouses.yaml',
  '--platform',
  'examples/fleet/platform.yaml',
];
const places: readonly ((text: string) => readonly string[])[] = [
  (text) => ['synth', '--check', '--warehouses', text, '--platform', 'examples/fleet/platform.yaml'],
  (text) => ['synth', '--check', `--warehouses=${text}`, '--platform', 'examples/fleet/platform.yaml'],
  (text) => ['synth', '--check', `--warehouse=${text}`],
  (text) => ['synth', '--check', `--dsn=${text}`],
  (text) => ['synth', '--check', '--platform', text],
  (text) => ['synth', '--check', ...fleet, '--ducklings', text],
  (text) => ['synth', '--check', ...fleet, text],
  (text) => ['synth', '--check', ...fleet, '--output', text],
  (text) => ['plan', ...fleet, '--out', 'examples/nowhere', '--against', text],
  (text) => ['attach', '--org', 'acme', '--warehouses', text],
  (text) => ['attach', '--org', text, '--warehouses', 'examples/fleet/warehouses.yaml'],
  (text) => ['attach', '--org', 'acme', '--warehouses', 'postgres://127.0.0.1:1/x', '--table', text],
  (text) => ['register', '--inputs', text],
  (text) => ['register', '--inputs', 'x', '--deadline', text],
  (text) => ['register', '--inputs', 'examples/fleet/platform.yaml', '--kubeconfig', text],
  (text) => ['register', ...fleet, '--org', text],
  (text) => ['token-broker', '--token-file', text, '--listen', text],
  (text) => ['token-broker', '--token-file', 'x', '--expires-in', text],
  (text) => ['token-broker', '--token-file', 'x', '--path', text],
  (text) => [text],
];

describe('an argument that may hold a credential is not repeated', () => {
  test.each(places.map((place) => [place('<text>').join(' '), place] as const))('%s', async (_, place) => {
    await fc.assert(
      fc.asyncProperty(connectionString, async (text) => {
        const written = await output(place(text));
        expect(written).not.toContain(password);
        expect(written).not.toBe('');
      }),
      { numRuns: 25 },
    );
  });
});

test.each([
  'LAKEKEEPER_GITOPS_WAREHOUSES',
  'PGHOST',
  'PGPORT',
  'PGUSER',
  'PGDATABASE',
  'PGSSLMODE',
  'PGSSLROOTCERT',
  'PGSERVICE',
])('nor what the variable %s holds', async (variable) => {
  const base = variable === 'PGHOST' ? {} : { PGHOST: '127.0.0.1' };
  await fc.assert(
    fc.asyncProperty(connectionString, async (text) => {
      const env = { ...base, PGPORT: '1', PGSSLMODE: 'verify-ca', [variable]: text };
      const written = await output(['attach', '--org', 'acme'], env);
      expect(written).not.toContain(password);
      expect(written).toContain('error: ');
    }),
    { numRuns: 25 },
  );
});

/** Every value of a document, and every key, each in turn replaced by `text`. */
function* replaced(value: unknown, text: string): Generator<unknown> {
  yield text;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    for (const changed of replaced(inner, text))
      yield Array.isArray(value) ? value.with(Number(key), changed) : { ...value, [key]: changed };
    if (!Array.isArray(value)) yield { ...value, [text]: inner };
  }
}

test('nor is the value of a setting', async () => {
  const platform = parseYaml('platform.yaml', readFileSync('examples/fleet/platform.yaml', 'utf8'));
  let messages = 0;
  fc.assert(
    fc.property(connectionString, (text) => {
      for (const changed of replaced(platform, text)) {
        try {
          parsePlatform('platform.yaml', changed);
        } catch (error) {
          messages += 1;
          expect(explain(error)).not.toContain(password);
        }
      }
    }),
    { numRuns: 5 },
  );
  expect(messages).toBeGreaterThan(300);
});

test('nor is the value of a row, of a setting that is a template, or a file that is not YAML', async () => {
  const rows = parseYaml('w.yaml', readFileSync('examples/fleet/warehouses.yaml', 'utf8')) as {
    warehouses: Record<string, unknown>[];
  };
  const [first = {}] = rows.warehouses;
  const platform = parseYaml('p.yaml', readFileSync('examples/fleet/platform.yaml', 'utf8'));
  const files = {
    warehouses: join(directory, 'warehouses.json'),
    platform: join(directory, 'platform.json'),
  };
  const check = async (warehouses: string, settings: string) => {
    writeFileSync(files.warehouses, warehouses);
    writeFileSync(files.platform, settings);
    const args = [
      '--warehouses',
      files.warehouses,
      '--platform',
      files.platform,
      '--out',
      join(directory, 'dist'),
    ];
    const written = await output(['synth', '--check', ...args]);
    expect(written).not.toContain(password);
  };
  await fc.assert(
    fc.asyncProperty(connectionString, fc.nat(), async (text, which) => {
      const columns = Object.keys(first).filter((column) => column !== 'org_id');
      const column = columns[which % columns.length] ?? '';
      await check(JSON.stringify({ warehouses: [{ ...first, [column]: text }] }), JSON.stringify(platform));
      await check(JSON.stringify({ warehouses: [{ ...first, [text]: 'x' }] }), JSON.stringify(platform));
      const changed = [...replaced(platform, text)];
      await check(JSON.stringify(rows), JSON.stringify(changed[which % changed.length]));
      await check(`{ "warehouses": ${text} }`, JSON.stringify(platform));
      files.warehouses = join(directory, 'warehouses.yaml');
      for (const broken of [`warehouses: *${text}`, `warehouses: !${text} x`, `${text}: [`, `- ${text}\nx`])
        await check(broken, JSON.stringify(platform));
    }),
    { numRuns: 20 },
  );
});
