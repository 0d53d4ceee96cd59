import { expect, test } from 'vitest';
import { connections, linesOf, Network } from '../support/network.ts';
import { always, connectivityOf, recipePorts, recipes } from '../support/network-recipes.ts';

test.each(Object.entries(recipes))('%s: the table, and nothing else', (_, recipe) => {
  const { namespaces, policies, endpoints, own } = connectivityOf(recipe);
  const network = new Network(namespaces, policies);
  expect(connections(network, endpoints, own, recipePorts)).toEqual(linesOf(`${recipe.table}\n${always}`));
});
