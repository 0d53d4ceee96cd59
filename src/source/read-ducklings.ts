import { listResources } from '../clients/kubernetes/list-resources.ts';
import { ducklingResource } from '../mapping/duckling-paths.ts';
import { UsageError } from '../text/errors.ts';
import { parseText, readText } from '../text/text-file.ts';
import { type Ducklings, parseDucklings } from './ducklings.ts';

/**
 * Reads the Duckling resources.
 *
 * @param from a file with the output of `kubectl get ducklings -A -o json` (or yaml); `cluster` for the cluster of the
 *   kubeconfig; undefined for none.
 * @throws UsageError when the file is not such a list, or the cluster refuses.
 */
export async function readDucklings(from: string | undefined): Promise<Ducklings> {
  if (from === undefined) return new Map();
  const content =
    from === 'cluster'
      ? { items: await listResources(ducklingResource) }
      : parseText(from, await readText(from));
  const ducklings = parseDucklings(content);
  if (ducklings !== undefined) return ducklings;
  throw new UsageError(
    `${from}: is not a list of Ducklings; expected the output of: kubectl get ducklings -A -o json`,
  );
}
