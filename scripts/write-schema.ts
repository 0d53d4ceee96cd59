/** Writes schemas/platform.schema.json from the settings' own schema; a test says when it is out of date. */
import { mkdir, writeFile } from 'node:fs/promises';
import { platformJsonSchema } from '../src/platform/json-schema.ts';

await mkdir('schemas', { recursive: true });
await writeFile('schemas/platform.schema.json', `${JSON.stringify(platformJsonSchema(), null, 2)}\n`);
