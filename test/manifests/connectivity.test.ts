import { describe, expect, test } from 'vitest';
import {
  authentications,
  type Connectivity,
  connectivity,
  probedPorts,
  table,
} from '../support/connectivity.ts';
import { connections, linesOf, Network, type NetworkPolicy } from '../support/network.ts';

/** Every allowed connection that has a pod in the fleet's own namespaces at one end, as lines of the table. */
function allowed(
  { namespaces, policies, endpoints, own }: Connectivity,
  installed: (policy: NetworkPolicy) => boolean = () => true,
) {
  const network = new Network(namespaces, policies.filter(installed));
  return connections(network, endpoints, own, probedPorts);
}

describe.each(['sharedNamespace', 'namespacePerOrg'] as const)('%s', (tenancy) => {
  test.each(Object.entries(authentications))(
    'allows what the table says and nothing else, authentication: %s',
    (_, [authentication, more]) => {
      expect(allowed(connectivity(tenancy, authentication))).toEqual(linesOf(table + more));
    },
  );

  test('catalogs and registration Jobs are as closed without the default deny', () => {
    const withoutDeny = allowed(
      connectivity(tenancy, { mode: 'none' }),
      ({ metadata }) => metadata.name !== 'default-deny',
    );
    // A stranger is open then, but reaches nothing of ours, and nothing of ours reaches it.
    const isOfCatalog = (line: string) =>
      line.split(/ -> | : /, 2).some((end) => /^(acme|hooli|initech)-(server|migration|job)$/.test(end));
    expect(withoutDeny.filter(isOfCatalog)).toEqual(linesOf(table));
    expect(withoutDeny).toContain(
      `stranger-in-${tenancy === 'sharedNamespace' ? 'lakekeeper' : 'lakekeeper-acme'} -> internet : ` +
        `${probedPorts.join(' ')}`,
    );
  });
});
