import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { sha256 } from '../src/text/sha256.ts';
import { type Row, table } from './fleet.ts';
import { kinds, valuesOf } from './values.ts';

/**
 * The floor: what a program of the simplest kind needs for the same. The source is read into plain objects by its own
 * parser, the same documents are made as plain objects, `JSON.stringify` writes them, into the same files in the same
 * directories. It checks nothing, and loads no parser but the source's own.
 *
 * Called with: source, module with the documents, output directory.
 */
const [, , source = '', documents = '', out = ''] = process.argv;

type Documents = (
  values: Record<string, string>,
  sha256: (text: string) => string,
) => { file: string; documents: unknown[] }[];
const { default: makers } = (await import(pathToFileURL(documents).href)) as { default: Documents[] };

for (const [index, one] of (await read()).entries()) {
  const values = valuesOf(one);
  const directory = join(out, 'orgs', values.name ?? '');
  mkdirSync(directory, { recursive: true });
  for (const { file, documents } of makers[index % kinds]?.(values, sha256) ?? [])
    writeFileSync(join(directory, file), documents.map((document) => JSON.stringify(document)).join('\n'));
}

async function read(): Promise<Row[]> {
  if (source.startsWith('postgres://')) return readTable();
  const text = readFileSync(source, 'utf8');
  if (source.endsWith('.json')) return (JSON.parse(text) as { warehouses: Row[] }).warehouses;
  const { parse } = await import('yaml');
  return (parse(text) as { warehouses: Row[] }).warehouses;
}

async function readTable(): Promise<Row[]> {
  const { default: pg } = await import('pg');
  const client = new pg.Client(source);
  await client.connect();
  const { rows } = await client.query<Row>(`SELECT * FROM ${table} ORDER BY org_id COLLATE "C"`);
  await client.end();
  return rows;
}
