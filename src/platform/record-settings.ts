import * as z from 'zod';
import { recordFieldNames } from '../mapping/record-columns.ts';
import { port, secretReference } from './setting-types.ts';

/** Settings of the record: where registration writes its result, for the control plane and for engines. */

const column = z.string().min(1).optional();
const names = ['org', ...recordFieldNames] as const;
const columns = z.strictObject(
  Object.fromEntries(names.map((name) => [name, column])) as Record<(typeof names)[number], typeof column>,
);

const url = secretReference.describe('postgres:// URL of the database, with a role that may write the table');
const databasePort = port.default(5432).describe('For the NetworkPolicy');
const notify = z
  .string()
  .regex(/^[^\0]{1,63}$/, 'is not the name of a channel')
  .optional()
  .describe('Channel on which Postgres notifies of an org that was written; the payload is its id');

export const record = z
  .union([
    z.strictObject({
      warehouseDatabase: z.strictObject({
        url: secretReference.describe('postgres:// URL of the database that holds the rows'),
        schema: z.string().min(1).optional().describe('Of the table; that of source.relation when left out'),
        table: z.string().min(1).optional().describe('Table of the rows; source.relation when left out'),
        port: databasePort,
        columns: columns
          .optional()
          .describe(
            'Columns that are written, by what they get; those of duckgres when left out. org is the key, as ' +
              'the mapping has it when left out',
          ),
        notify,
      }),
    }),
    z.strictObject({
      table: z
        .strictObject({
          url,
          schema: z.string().min(1).default('public'),
          table: z.string().min(1).default('lakekeeper_catalogs'),
          port: databasePort,
          sameDatabase: z
            .boolean()
            .default(true)
            .describe('Whether the rows are there too: then nothing is written for an org that has left'),
          notify,
        })
        .describe('A table of its own with a row per org; the command grants prints its definition'),
    }),
    z.strictObject({ configMap: z.literal(true) }),
    z.strictObject({
      resource: z
        .union([
          z.literal('annotations'),
          z.strictObject({
            status: z
              .string()
              .regex(/^[a-z][A-Za-z0-9]*$/, 'is not the name of a field, like catalog')
              .describe('Field of the status that has the record; the schema of the resource has to have it'),
          }),
        ])
        .describe('Annotations, or a field of the status, of the resource that is the org (source.resource)'),
    }),
  ])
  .describe(
    'Where the endpoint is written: back into the row or resource, into a table of its own, or, when the ' +
      'warehouses come from a file, into a ConfigMap per org',
  );
