import * as z from 'zod';
import { type FieldName, fields } from '../mapping/fields.ts';
import { port } from './setting-types.ts';

/** Where the fields of a record are in the source of the orgs. */

const column = z
  .string()
  .min(1)
  .describe('Name of the column. Of a file also a path, whose parts are separated by dots');

const constants = {
  icebergEnabled: z.boolean(),
  metadataStorePort: port,
};

function fieldSource(name: FieldName) {
  // Each org has its own.
  if (name === 'org') return column.optional().describe(`Column with ${fields[name].what}`);
  const constant = name in constants ? constants[name as keyof typeof constants] : z.string().min(1);
  return z
    .union([column, z.strictObject({ constant })])
    .optional()
    .describe(`Column with ${fields[name].what}, or the same value for every org`);
}

const names = Object.keys(fields) as FieldName[];
type FieldSources = Record<FieldName, ReturnType<typeof fieldSource>>;
const fieldSources = Object.fromEntries(names.map((name) => [name, fieldSource(name)])) as FieldSources;

export const mapping = z.union([
  z.literal('duckgres'),
  z.strictObject({
    extends: z
      .literal('duckgres')
      .optional()
      .describe('Fields that are not listed have the column of the table of duckgres'),
    ...fieldSources,
  }),
]);

export const source = z
  .strictObject({
    relation: z
      .string()
      .regex(/^[^.]+(\.[^.]+)?$/, 'is not the name of a table or view, like tenants or app.tenants')
      .optional()
      .describe('Table or view with the rows, with its schema; --schema and --table come first'),
    mapping: mapping
      .default('duckgres')
      .describe('Column of each field: of the table of duckgres, or those that are listed'),
  })
  .describe('What the source of the orgs looks like');
