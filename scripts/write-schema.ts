/**
 * Writes the JSON Schemas of schemas/ and the report of the API, docs/api.d.ts, from the code; tests say when they
 * are out of date.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { planJsonSchema } from '../src/explain/plan-schema.ts';
import { platformJsonSchema } from '../src/platform/json-schema.ts';
import { statusJsonSchema } from '../src/status/status-schema.ts';
import { apiReport } from './types.mjs';

const write = (name: string, schema: object) =>
  writeFile(`schemas/${name}.schema.json`, `${JSON.stringify(schema, null, 2)}\n`);

await mkdir('schemas', { recursive: true });
await write('platform', platformJsonSchema());
await write('plan', planJsonSchema());
await write('status', statusJsonSchema());
await writeFile('docs/api.d.ts', apiReport());
