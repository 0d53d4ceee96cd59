import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { type Row, row } from './fleet.ts';
import { kinds, valuesOf } from './values.ts';

/**
 * The documents of an org as a program of the simplest kind, or a chart, would make them: taken from what synth has
 * rendered for one org of each kind, with a place for each value that is the org's.
 */

export interface SampleFile {
  readonly file: string;
  readonly documents: readonly unknown[];
}

/** The files of the first org of each kind, below an output directory. */
export function samples(out: string): SampleFile[][] {
  return Array.from({ length: kinds }, (_, kind) => {
    const directory = join(out, 'orgs', `lakekeeper-${row(kind).org_id}`);
    return readdirSync(directory)
      .sort()
      .map((file) => ({
        file,
        documents: parseAllDocuments(readFileSync(join(directory, file), 'utf8')).map(
          (one) => one.toJS() as unknown,
        ),
      }));
  });
}

/** Cuts a text at the values of an org. @returns literals and names of values, by turns. */
export function cut(text: string, one: Row): string[] {
  const values = Object.entries(valuesOf(one));
  const pattern = new RegExp(values.map(([, value]) => value.replaceAll('.', '\\.')).join('|'), 'g');
  const parts: string[] = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    const name = values.find(([, value]) => value === match[0])?.[0] ?? '';
    parts.push(text.slice(end, match.index), name);
    end = match.index + match[0].length;
  }
  return [...parts, text.slice(end)];
}

/** What is in an output directory for some orgs of each kind, without the fingerprints. */
export function documentsOf(out: string): unknown {
  return Array.from({ length: 2 * kinds }, (_, i) => {
    const directory = join(out, 'orgs', `lakekeeper-${row(i * 7).org_id}`);
    return readdirSync(directory)
      .sort()
      .map((file) => [file, withoutFingerprints(readFileSync(join(directory, file), 'utf8'))]);
  });
}

function withoutFingerprints(text: string): unknown {
  // The floor's files have a document a line.
  const documents: unknown[] = text.startsWith('{')
    ? text.split('\n').map((line) => JSON.parse(line) as unknown)
    : parseAllDocuments(text).map((one) => one.toJS() as unknown);
  return JSON.parse(JSON.stringify(documents).replaceAll(/"[0-9a-f]{64}"/g, '""'));
}

export const fingerprint = /^[0-9a-f]{64}$/;

/**
 * The source of a module whose functions make the documents of an org of each kind from its values, as object
 * literals. The fingerprint is of the inputs and the Job, as in what synth renders; its text is of another order, so
 * its digits are others.
 */
export function documentsModule(out: string): string {
  const functions = samples(out).map((files, kind) => {
    const literals = files.map(
      ({ file, documents }) =>
        `{ file: ${JSON.stringify(file)}, documents: [${documents.map((d) => literal(d, row(kind))).join(', ')}] }`,
    );
    return `(v, sha256) => { const files = [${literals.join(', ')}]; sign(files, sha256); return files; }`;
  });
  return `
function sign(files, sha256) {
  const documents = files.flatMap((file) => file.documents);
  const job = documents.find(({ kind }) => kind === 'Job');
  const inputs = documents.find(({ data }) => data?.fingerprint === '').data;
  inputs.fingerprint = sha256(inputs['inputs.json'] + JSON.stringify(job));
}
export default [${functions.join(',\n')}];
`;
}

function literal(value: unknown, one: Row): string {
  if (typeof value === 'string') return fingerprint.test(value) ? "''" : textLiteral(cut(value, one));
  if (Array.isArray(value)) return `[${value.map((inner) => literal(inner, one)).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([key, inner]) => `${JSON.stringify(key)}: ${literal(inner, one)}`)
    .join(', ')} }`;
}

function textLiteral(parts: readonly string[]): string {
  const written = parts.map((part, i) =>
    i % 2 === 0 ? part.replaceAll(/[`\\$]/g, '\\$&') : `\${v.${part}}`,
  );
  return `\`${written.join('')}\``;
}
