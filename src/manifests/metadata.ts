import type { ApiObjectMetadata } from 'cdk8s';
import type { NamedOrg } from '../catalog/catalog.ts';
import { orgKey } from '../catalog/names.ts';
import { partOf } from '../catalog/object-labels.ts';

/** Label of registration pods, with the name of their catalog. */
export const catalogKey = 'lakekeeper-gitops/catalog';

/** Labels of every object of an org. Not `app.kubernetes.io/instance`: Argo CD may track resources by it. */
export function orgLabels({ names }: NamedOrg): Record<string, string> {
  return { ...partOf, [orgKey]: names.orgLabel };
}

/**
 * Metadata of an object of an org.
 *
 * @param suffix of the name, after the catalog's. Use a hyphen when all objects of the kind have a suffix. Use a dot
 *   when the kind also has objects that are named like the catalog, because the name of a catalog has no dot.
 * @param annotations further annotations.
 */
export function orgMetadata(
  { org, names }: NamedOrg,
  suffix: '' | `-${string}` | `.${string}` = '',
  annotations: Record<string, string> = {},
): ApiObjectMetadata {
  return {
    name: `${names.kubernetes}${suffix}`,
    namespace: names.namespace,
    labels: orgLabels({ org, names }),
    annotations: { [orgKey]: org, ...annotations },
  };
}

/** Metadata of a platform-wide object, named after the product. */
export function platformMetadata(name: string, namespace?: string): ApiObjectMetadata {
  return { name, labels: partOf, ...(namespace === undefined ? {} : { namespace }) };
}
