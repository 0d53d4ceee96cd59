import fc from 'fast-check';
import type { OrgId } from '../../src/source/warehouse-record.ts';

/** Org ids that have been trouble somewhere, or are meant to be. All of them are allowed. */
export const hostileIds = [
  '../../etc/passwd',
  '..',
  '.',
  '/',
  'a/b',
  'a\\b',
  "Robert'); DROP TABLE duckgres_orgs;--",
  '"quoted"',
  "it's",
  'line\nbreak',
  'carriage\rreturn',
  'tab\tstop',
  'bell\u0007',
  'escape\u001b[31mred\u001b[0m',
  'next\u0085line',
  'separator\u2028line',
  '\u202egnp.exe',
  'zero\u200bwidth',
  '\ufeffbom',
  '🦆',
  '👩‍👩‍👧',
  'שלום',
  'مرحبا',
  '日本語',
  'Zürich',
  'null',
  '~',
  'yes',
  'no',
  'on',
  'true',
  '1e3',
  'e1',
  'E-5',
  '0x1F',
  '0o17',
  '007',
  '12:30',
  '.inf',
  '2026-11-23',
  '---',
  '...',
  '- item',
  'key: value',
  '# comment',
  '&anchor',
  '*alias',
  '!!js/function',
  '{{ .Values.x }}',
  '${HOME}',
  '{org}',
  '%s',
  '|',
  '>',
  '@at',
  '`tick`',
  ' leading',
  'trailing ',
  '-',
  '-a',
  'a-',
  '_',
  'a_b',
  'a.b',
  'A-B',
  'a-b',
  'constructor',
  '__proto__',
  'toString',
  'x'.repeat(255),
  'X'.repeat(255),
  '🦆'.repeat(255),
  '018d351a-9ff7-0000-eaff-4628875ad045',
  '018D351A-9FF7-0000-EAFF-4628875AD045',
] as OrgId[];

/**
 * Texts that the parser of Kubernetes takes for numbers, beyond those of YAML 1.1, or whose blanks it loses. Found by
 * giving 320,000 strings to sigs.k8s.io/yaml, and by reading goyaml v2, which is in it.
 */
export const misreadByKubernetes: readonly string[] = [
  ...[
    '0o17',
    '0O17',
    '0X1F',
    '0_x1F',
    '0B11',
    '0b1',
    '-0x1f',
    '-0X1',
    '-_3',
    '0o',
    '+0o7',
    '0o1_7',
    '0b-1',
    '0b+1',
    '0o-7',
  ],
  ...['7E75_', '1_000', '1__', '+.5_', '1e_3', '1_e1'],
  ...[' \n', '  a\n b', 'a \nb\n'],
];

/** Texts that YAML, or a parser of it, is known to take for something else. */
export const hostileTexts: readonly string[] = [
  ...hostileIds,
  ...misreadByKubernetes,
  ...['y', 'n', 'Yes', 'OFF', 'NULL', 'Null', '', ' ', '=', '<<', '.5', '1.', '+1', '-0', '0b1', '08'],
  ...[
    '1:2',
    '1:2:3.4',
    '2001-01-01T00:00:00Z',
    '.NaN',
    '-.INF',
    '0x',
    '!tag',
    '? a',
    ': a',
    'a:',
    'a #b',
    '%TAG',
  ],
  ...[
    'a\n',
    '\na',
    'a\n\n',
    ' a\n b',
    'a \nb',
    'a\n---\nb',
    '---\na: b',
    '...\n',
    '#a\n#b',
    '|\n a',
    '\t',
    'a\tb\n',
  ],
  ...[
    '\u0000',
    '\u0085',
    '\u00a0',
    '\u2029',
    '\u200f',
    '\u2066',
    '\ufeff',
    '\u{e0001}',
    '\u{10ffff}',
    '\ue000',
    '\u0600',
  ],
  // Folded by the library, when they are long enough and quoted, wrongly.
  `${'x'.repeat(40)}\n \n\u202e`,
  `${'long '.repeat(60)}\u202e\n ${'lines '.repeat(60)}\n\n`,
  '\n \n',
];

/** Characters of which ids are made that look alike after sanitising. */
const lookalikes = fc.string({
  unit: fc.constantFrom('a', 'b', 'A', '-', '_', '.', ' ', 'é', '0'),
  minLength: 1,
  maxLength: 70,
});

/** Any org id: plain, alike, a UUID, hostile, or any well-formed Unicode of up to 255 characters. */
export const orgIds: fc.Arbitrary<OrgId> = fc
  .oneof(
    fc.stringMatching(/^[a-z0-9-]{1,80}$/),
    lookalikes,
    fc.uuid(),
    fc.uuid().map((id) => id.toUpperCase()),
    fc.constantFrom(...hostileIds),
    fc
      .string({ unit: 'binary', minLength: 1, maxLength: 255 })
      .filter((id) => id.isWellFormed() && [...id].length <= 255),
  )
  .filter((id) => id !== '') as fc.Arbitrary<OrgId>;

/** Any text: hostile, of blanks and signs, long, of any well-formed Unicode, or nearly a number. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...hostileTexts),
  orgIds,
  fc.string({
    unit: fc.constantFrom(' ', '\n', '\t', '"', "'", ':', '#', '-', '\\', 'a', '\u2028', '\u202e', '🦆'),
  }),
  fc.string({ unit: fc.constantFrom(' ', '\n', '\u202e', 'a') }).map((end) => `${'word '.repeat(12)}${end}`),
  fc.string({ unit: 'binary', maxLength: 200 }).filter((s) => s.isWellFormed()),
  fc.stringMatching(/^[-+]?[0-9._]{0,3}[xXoObBeE]?[-+]?[0-9a-fA-F_]{0,3}$/),
);
