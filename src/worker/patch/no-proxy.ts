import type { NamedEntry } from './worker-needs.ts';
import type { Workload } from './workload.ts';

/**
 * The variables that keep DuckDB's requests to these hosts from a proxy of the environment: DuckDB 1.5 takes
 * HTTP_PROXY, also for loopback, where the proxy cannot reach the broker. What the manifest excludes already stays.
 *
 * @returns nothing where the variable may come from what the manifest does not show: the patch would replace it.
 */
export function noProxy({ isEnvKnown, lists }: Workload, hosts: readonly string[]): NamedEntry[] {
  // curl, which DuckDB uses, looks for the lower-case one first.
  const found = (lists.env ?? []).filter(({ name }) => /^no_proxy$/i.test(name));
  if (found.length === 0) return isEnvKnown ? [{ name: 'NO_PROXY', value: hosts.join(',') }] : [];
  return found.flatMap(({ name, value }) => {
    if (typeof value !== 'string') return [];
    const excluded = value.split(',').map((host) => host.trim());
    return [{ name, value: [...new Set([...excluded, ...hosts])].filter((host) => host !== '').join(',') }];
  });
}
