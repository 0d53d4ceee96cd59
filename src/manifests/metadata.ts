import type { ApiObjectMetadata } from 'cdk8s';
import type { Catalog } from '../catalog/catalog.ts';
import { orgKey } from '../catalog/names.ts';

/** Label of our own pods, by the name of the catalog they work for. */
export const catalogKey = 'lakekeeper-gitops/catalog';
/** Label of the namespaces that hold catalogs. */
export const catalogNamespaceLabels = { 'lakekeeper-gitops/catalogs': 'true' };

export const partOf = { 'app.kubernetes.io/part-of': 'lakekeeper-gitops' };

/** Labels of every object of an org. `app.kubernetes.io/instance` is left to Argo CD, which may track by it. */
export function orgLabels({ names }: Catalog): Record<string, string> {
  return { ...partOf, [orgKey]: names.orgLabel };
}

/**
 * Metadata of one of an org's objects.
 *
 * @param suffix what follows the catalog's name. One that begins with a hyphen is unique among objects of its kind, as
 *   every object of that kind has one; a dot is for kinds that also have objects named like the catalog, whose name never has a dot.
 * @param annotations further annotations.
 */
export function orgMetadata(
  catalog: Catalog,
  suffix: '' | `-${string}` | `.${string}` = '',
  annotations: Record<string, string> = {},
): ApiObjectMetadata {
  return {
    name: `${catalog.names.kubernetes}${suffix}`,
    namespace: catalog.names.namespace,
    labels: orgLabels(catalog),
    annotations: { [orgKey]: catalog.org, ...annotations },
  };
}

/** Metadata of a platform-wide object, named after the product. */
export function platformMetadata(name: string, namespace?: string): ApiObjectMetadata {
  return { name, labels: partOf, ...(namespace === undefined ? {} : { namespace }) };
}
