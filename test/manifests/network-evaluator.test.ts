import { describe, expect, test } from 'vitest';
import { type Endpoint, Network, type NetworkPolicy, type Pod } from '../support/network.ts';

const namespaces = { left: { team: 'red' }, right: { team: 'blue' } };
const pod = (namespace: string, app: string, ip?: string): Pod => ({
  namespace,
  labels: { app },
  ...(ip === undefined ? {} : { ip }),
});
const client = pod('left', 'client');
const server = pod('left', 'server');
const farClient = pod('right', 'client');
const farServer = pod('right', 'server');
const internet: Endpoint = { ip: '203.0.113.7' };

function policy(spec: NetworkPolicy['spec'], namespace = 'left'): NetworkPolicy {
  return { metadata: { name: 'policy', namespace }, spec };
}
const onServer = { matchLabels: { app: 'server' } };
const onClient = { matchLabels: { app: 'client' } };
const may = (policies: NetworkPolicy[], from: Endpoint, to: Endpoint, port = 80) =>
  new Network(namespaces, policies).mayConnect(from, to, port);

describe('isolation', () => {
  test('everybody may connect to everybody where there is no policy', () => {
    expect(may([], client, server)).toBe(true);
    expect(may([], internet, server)).toBe(true);
    expect(may([], client, internet)).toBe(true);
  });

  test('a policy isolates the pods that it selects, in its own namespace alone', () => {
    const closed = [policy({ podSelector: onServer, policyTypes: ['Ingress'] })];
    expect(may(closed, client, server)).toBe(false);
    expect(may(closed, server, client)).toBe(true);
    expect(may(closed, client, farServer)).toBe(true);
  });

  test('an empty pod selector selects every pod of the namespace', () => {
    const closed = [policy({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] })];
    expect(may(closed, farClient, server)).toBe(false);
    expect(may(closed, client, farServer)).toBe(false);
    expect(may(closed, farClient, farServer)).toBe(true);
  });

  test('isolates ingress alone when policyTypes is left out and there is no egress rule', () => {
    const rules = [policy({ podSelector: onServer })];
    expect(may(rules, client, server)).toBe(false);
    expect(may(rules, server, client)).toBe(true);
  });

  test('isolates egress too when policyTypes is left out and there is an egress rule', () => {
    const rules = [policy({ podSelector: onServer, egress: [{ to: [{ podSelector: onClient }] }] })];
    expect(may(rules, server, client)).toBe(true);
    expect(may(rules, server, internet)).toBe(false);
  });

  test('a connection needs the egress of one end and the ingress of the other', () => {
    const out = policy({ podSelector: onClient, policyTypes: ['Egress'], egress: [{}] });
    const noWayIn = policy({ podSelector: onServer, policyTypes: ['Ingress'] });
    const noWayOut = policy({ podSelector: onClient, policyTypes: ['Egress'] });
    expect(may([out], client, server)).toBe(true);
    expect(may([out, noWayIn], client, server)).toBe(false);
    expect(may([noWayOut], client, server)).toBe(false);
  });

  test('rules of several policies add up', () => {
    const closed = policy({ podSelector: {}, policyTypes: ['Ingress'] });
    const open = policy({ podSelector: onServer, ingress: [{ from: [{ podSelector: onClient }] }] });
    expect(may([closed, open], client, server)).toBe(true);
    expect(may([open, closed], client, server)).toBe(true);
  });
});

describe('peers', () => {
  const from = (...peers: NonNullable<NonNullable<NetworkPolicy['spec']['ingress']>[0]['from']>) => [
    policy({ podSelector: onServer, ingress: [{ from: peers }] }),
  ];

  test('a rule without peers is for everybody', () => {
    expect(may(from(), internet, server)).toBe(true);
    expect(may([policy({ podSelector: onServer, ingress: [{}] })], farClient, server)).toBe(true);
  });

  test('a pod selector alone means pods of the same namespace', () => {
    expect(may(from({ podSelector: onClient }), client, server)).toBe(true);
    expect(may(from({ podSelector: onClient }), farClient, server)).toBe(false);
    expect(may(from({ podSelector: {} }), farClient, server)).toBe(false);
  });

  test('a namespace selector alone means every pod of those namespaces', () => {
    const blue = from({ namespaceSelector: { matchLabels: { team: 'blue' } } });
    expect(may(blue, farClient, server)).toBe(true);
    expect(may(blue, farServer, server)).toBe(true);
    expect(may(blue, client, server)).toBe(false);
    expect(may(blue, internet, server)).toBe(false);
  });

  test('both selectors in one peer mean both at once, in two peers either', () => {
    const byName = { matchLabels: { 'kubernetes.io/metadata.name': 'right' } };
    const both = from({ namespaceSelector: byName, podSelector: onClient });
    expect([farClient, farServer, client].map((p) => may(both, p, server))).toEqual([true, false, false]);
    const either = from({ namespaceSelector: byName }, { podSelector: onClient });
    expect([farClient, farServer, client].map((p) => may(either, p, server))).toEqual([true, true, true]);
  });

  test('an address range takes what is inside and leaves out its exceptions', () => {
    const range = from({ ipBlock: { cidr: '203.0.113.0/24', except: ['203.0.113.128/25'] } });
    expect(may(range, { ip: '203.0.113.7' }, server)).toBe(true);
    expect(may(range, { ip: '203.0.113.200' }, server)).toBe(false);
    expect(may(range, { ip: '203.0.114.7' }, server)).toBe(false);
    expect(may(range, client, server)).toBe(false);
    expect(may(range, pod('left', 'client', '203.0.113.9'), server)).toBe(true);
  });

  test('an address range can be of either family', () => {
    const range = from({ ipBlock: { cidr: '2001:db8::/32' } });
    expect(may(range, { ip: '2001:db8::1' }, server)).toBe(true);
    expect(may(range, { ip: '203.0.113.7' }, server)).toBe(false);
  });

  test('expressions are all to hold, and a label that is missing is not in any list', () => {
    const expression = (operator: string, ...values: string[]) =>
      from({ podSelector: { matchExpressions: [{ key: 'app', operator, values }] } });
    const unlabelled: Pod = { namespace: 'left', labels: {} };
    const seen = (policies: NetworkPolicy[]) => [client, unlabelled].map((p) => may(policies, p, server));
    expect(seen(expression('In', 'client', 'other'))).toEqual([true, false]);
    expect(seen(expression('NotIn', 'client'))).toEqual([false, true]);
    expect(seen(expression('Exists'))).toEqual([true, false]);
    expect(seen(expression('DoesNotExist'))).toEqual([false, true]);
  });
});

describe('ports', () => {
  const network = (...ports: { port?: number; endPort?: number; protocol?: 'TCP' | 'UDP' }[]) =>
    new Network(namespaces, [policy({ podSelector: onServer, ingress: [{ ports }] })]);

  test('a rule without ports is for all of them', () => {
    expect(network().mayConnect(client, server, 1, 'UDP')).toBe(true);
  });

  test('a port is TCP unless it says otherwise', () => {
    expect(network({ port: 53 }).mayConnect(client, server, 53)).toBe(true);
    expect(network({ port: 53 }).mayConnect(client, server, 53, 'UDP')).toBe(false);
    expect(network({ port: 53, protocol: 'UDP' }).mayConnect(client, server, 53, 'UDP')).toBe(true);
  });

  test('ports can be ranges, and a protocol without a port is all its ports', () => {
    const range = network({ port: 8000, endPort: 8010 });
    expect([7999, 8000, 8010, 8011].map((port) => range.mayConnect(client, server, port))).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect(network({ protocol: 'UDP' }).mayConnect(client, server, 9, 'UDP')).toBe(true);
  });
});

test('refuses what it could only guess at', () => {
  expect(() => may([policy({ podSelector: onServer, ingress: [{ from: [{}] }] })], client, server)).toThrow(
    'needs a selector',
  );
  expect(() =>
    may([policy({ podSelector: onServer, ingress: [{ ports: [{ port: 'http' }] }] })], client, server),
  ).toThrow('named port http');
  expect(() => may([], pod('nowhere', 'client'), server)).toThrow('no namespace nowhere');
});
