/** Labels by which this program finds objects in a cluster. Argo CD does not use them. */

export const partOf = { 'app.kubernetes.io/part-of': 'lakekeeper-gitops' };

/** Of the namespaces that hold catalogs. */
export const catalogNamespaceLabels = { 'lakekeeper-gitops/catalogs': 'true' };

/** Of the Secret of an org that is retired, and whose database is kept; and of the namespace of an org that retires. */
export const retiredLabel = 'lakekeeper-gitops/retired';

/** The form of labels in a request for a list. */
export function labelSelector(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}
