import * as z from 'zod';
import { ducklingResource } from '../mapping/duckling-paths.ts';
import { type FieldName, fields } from '../mapping/fields.ts';
import type { ListedKind } from '../mapping/resource-record.ts';
import type { BuiltInMapping } from '../mapping/source-mapping.ts';
import { dnsLabel } from './kubernetes-names.ts';
import { port } from './setting-types.ts';

/** Settings of the source of the orgs: the column or the constant of each field of a record. */

const column = z
  .string()
  .min(1)
  .describe('Name of the column. Of a file also a path, whose parts are separated by dots');

const constants = {
  icebergEnabled: z.boolean(),
  metadataStorePort: port,
};

function fieldSource(name: FieldName) {
  // A constant would be the same id for every org.
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

const builtIn = z.enum(['duckgres', 'duckling']);

export const mapping = z.union([
  builtIn,
  z.strictObject({
    extends: builtIn
      .optional()
      .describe(
        'Fields that are not listed have the column of the table of duckgres, or the path of a Duckling',
      ),
    ...fieldSources,
  }),
]);

const resource = z
  .strictObject({
    apiVersion: z
      .string()
      .regex(/^[a-z0-9.-]+\/v[a-z0-9]+$/, 'is not an API group with its version, like example.org/v1')
      .describe('Group and version, as kubectl api-resources lists them'),
    plural: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]*$/, 'is not the plural name of a resource in lower case, like tenants')
      .describe('Name of the resource, as kubectl api-resources lists it'),
    namespace: dnsLabel.optional().describe('Namespace of the resources; all namespaces when left out'),
    labelSelector: z.string().min(1).optional().describe('Which of them, in the form of kubectl --selector'),
  })
  .describe('Kind of the Kubernetes objects that are the orgs; mapping has paths into them');

export const source = z
  .strictObject({
    relation: z
      .string()
      .regex(/^[^.]+(\.[^.]+)?$/, 'is not the name of a table or view, like tenants or app.tenants')
      .optional()
      .describe('Table or view with the rows, with its schema; --schema and --table come first'),
    resource: resource.optional(),
    mapping: mapping
      .default('duckgres')
      .describe(
        'Column or path of each field: of the table of duckgres, of its Ducklings, or those that are listed',
      ),
  })
  .describe('What the source of the orgs looks like');

type Source = z.output<typeof source>;

/** The built-in mapping that a mapping is, or extends. */
export function builtInOf(its: Source['mapping']): BuiltInMapping | undefined {
  return typeof its === 'string' ? its : its.extends;
}

/** The Kubernetes objects that are the orgs, by the settings; undefined when they are none. */
export function sourceResource({ resource: named, mapping: its }: Source): ListedKind | undefined {
  if (named === undefined) return builtInOf(its) === 'duckling' ? ducklingResource : undefined;
  const { apiVersion, ...listed } = named;
  const [group = '', version = ''] = apiVersion.split('/');
  return { group, version, ...listed };
}
