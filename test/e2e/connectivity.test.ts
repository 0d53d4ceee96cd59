import { describe, expect, test } from 'vitest';
import {
  authentications,
  type Connectivity,
  connectivity,
  probedPorts,
  table,
} from '../support/connectivity.ts';
import { linesOf } from '../support/network.ts';
import { always, connectivityOf, recipePorts, recipes } from '../support/network-recipes.ts';
import { ask } from './support/tools.ts';

/** The rendered policies as somebody else understands them: the evaluator of Cyclonus, which checks network plugins. */

interface Connection {
  readonly from: string;
  readonly to: string;
  readonly port: number;
  readonly protocol: string;
}

/** The table's lines of a fleet. */
async function allowed(
  { namespaces, policies, endpoints, own }: Connectivity,
  probed: readonly string[] = probedPorts,
): Promise<string[]> {
  const ports = probed.map((probe) => {
    const [port, protocol = 'TCP'] = probe.split('/');
    return { port: Number(port), protocol };
  });
  const labelled = Object.keys(namespaces).map((name) => [name, { 'kubernetes.io/metadata.name': name }]);
  const question = { policies, namespaces: Object.fromEntries(labelled), endpoints, ports };
  const connections = await ask<Connection[]>('connectivity', question);

  const open = new Map<string, Set<string>>();
  for (const { from, to, port, protocol } of connections) {
    if (!own.has(from) && !own.has(to)) continue;
    const pair = `${from} -> ${to}`;
    open.set(
      pair,
      (open.get(pair) ?? new Set()).add(protocol === 'TCP' ? String(port) : `${port}/${protocol}`),
    );
  }
  return [...open]
    .map(([pair, ports]) => `${pair} : ${probed.filter((probe) => ports.has(probe)).join(' ')}`)
    .sort();
}

describe.each(['sharedNamespace', 'namespacePerOrg'] as const)('%s', (tenancy) => {
  test.each(Object.entries(authentications))(
    'the policies allow what the table says and nothing else, authentication: %s',
    async (_, [authentication, more]) => {
      expect(await allowed(connectivity(tenancy, authentication))).toEqual(linesOf(table + more));
    },
  );
});

test.each(Object.entries(recipes))('%s: the table, and nothing else', async (_, recipe) => {
  expect(await allowed(connectivityOf(recipe), recipePorts)).toEqual(linesOf(`${recipe.table}\n${always}`));
});
