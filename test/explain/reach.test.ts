import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { coversBlock } from '../../src/explain/ip-block.ts';
import { type NetworkPolicy, parsePolicy } from '../../src/explain/network-policy-change.ts';
import { opened } from '../../src/explain/reach.ts';
import { reachInWords } from '../../src/explain/reach-words.ts';
import { Network, type Pod } from '../support/network.ts';

const namespace = 'lakekeeper';
const server = { matchLabels: { app: 'server' } };
const policy = (spec: object, name = 'one'): NetworkPolicy => {
  const parsed = parsePolicy({ metadata: { name, namespace }, spec: { podSelector: server, ...spec } });
  if (parsed === undefined) throw new Error(`not a policy: ${JSON.stringify(spec)}`);
  return parsed;
};
const egress = (to: object[], ports?: object[]) =>
  policy({ policyTypes: ['Egress'], egress: [{ to, ...(ports ? { ports } : {}) }] });
const block = (cidr: string, except?: string[]) => ({ ipBlock: { cidr, ...(except ? { except } : {}) } });
const pods = (labels: Record<string, string>) => ({ podSelector: { matchLabels: labels } });
const port = (first: number, endPort?: number) => ({ port: first, ...(endPort ? { endPort } : {}) });
const words = (before: NetworkPolicy[], after: NetworkPolicy[]) => opened(before, after).map(reachInWords);

describe('an opening', () => {
  test.each<[string, NetworkPolicy[], NetworkPolicy[], string[]]>([
    ['another range', [egress([block('10.0.0.0/16')])], [egress([block('10.1.0.0/16')])], ['10.1.0.0/16']],
    ['a wider range', [egress([block('10.1.0.0/16')])], [egress([block('10.0.0.0/8')])], ['10.0.0.0/8']],
    ['a narrower range', [egress([block('10.0.0.0/8')])], [egress([block('10.1.0.0/16')])], []],
    [
      'a hole that closes',
      [egress([block('10.0.0.0/8', ['10.1.0.0/16'])])],
      [egress([block('10.0.0.0/8')])],
      ['10.0.0.0/8'],
    ],
    [
      'a hole that opens',
      [egress([block('10.0.0.0/8')])],
      [egress([block('10.0.0.0/8', ['10.1.0.0/16'])])],
      [],
    ],
    [
      'fewer labels: more pods',
      [egress([pods({ app: 'a', org: 'x' })])],
      [egress([pods({ app: 'a' })])],
      ['pods app=a in lakekeeper'],
    ],
    ['more labels', [egress([pods({ app: 'a' })])], [egress([pods({ app: 'a', org: 'x' })])], []],
    [
      'another org’s label',
      [egress([pods({ org: 'x' })])],
      [egress([pods({ org: 'y' })])],
      ['pods org=y in lakekeeper'],
    ],
    [
      'every namespace',
      [egress([pods({ app: 'a' })])],
      [egress([{ ...pods({ app: 'a' }), namespaceSelector: {} }])],
      ['pods app=a in any namespace'],
    ],
    ['no rule', [], [policy({ policyTypes: ['Egress'] })], []],
    ['a rule for everybody', [policy({ policyTypes: ['Egress'] })], [egress([])], ['everybody']],
    [
      'every port',
      [egress([block('10.0.0.0/8')], [port(53)])],
      [egress([block('10.0.0.0/8')])],
      ['10.0.0.0/8'],
    ],
    [
      'one port of many',
      [egress([block('10.0.0.0/8')], [port(1, 100)])],
      [egress([block('10.0.0.0/8')], [port(50)])],
      [],
    ],
    [
      'a range that grows',
      [egress([block('10.0.0.0/8')], [port(1, 100)])],
      [egress([block('10.0.0.0/8')], [port(1, 101)])],
      ['10.0.0.0/8'],
    ],
    [
      'another protocol',
      [egress([block('10.0.0.0/8')], [{ port: 53 }])],
      [egress([block('10.0.0.0/8')], [{ port: 53, protocol: 'UDP' }])],
      ['10.0.0.0/8'],
    ],
  ])('%s', (_, before, after, found) => {
    const to = (text: string) => expect.stringContaining(`pods app=server in lakekeeper → ${text}, `);
    expect(words(before, after)).toEqual(found.map(to));
  });

  test('a removed policy opens the pods that it had closed', () => {
    expect(words([policy({ policyTypes: ['Ingress'] })], [])).toEqual([
      'everybody → pods app=server in lakekeeper, every port',
    ]);
  });
});

test('a rule opens what another policy had closed, for pods that both select', () => {
  const closed = policy({ podSelector: { matchLabels: { app: 'a' } }, policyTypes: ['Egress'] });
  const rule = policy({
    podSelector: { matchLabels: { org: 'y' } },
    policyTypes: ['Egress'],
    egress: [{ to: [block('10.0.0.0/8')] }],
  });
  expect(words([closed], [closed, rule])).toEqual([
    'pods app=a, org=y in lakekeeper → 10.0.0.0/8, every port',
  ]);
});

describe('a range in a range', () => {
  test.each([
    ['10.0.0.0/8', '10.255.0.0/16', true],
    ['10.0.0.0/8', '11.0.0.0/16', false],
    ['0.0.0.0/0', '203.0.113.7/32', true],
    ['0.0.0.0/0', '::/0', false],
    ['::/0', '2001:db8::/32', true],
    ['2001:db8::/32', '2001:db8:1::/48', true],
    ['2001:db8::/32', '2001:db9::/48', false],
    ['::ffff:10.0.0.0/104', '::ffff:10.1.2.3/128', true],
    ['10.0.0.1/8', '10.2.0.0/16', true],
    ['10.0.0.0/33', '10.0.0.0/32', false],
    ['somewhere', 'somewhere', false],
  ])('%s holds %s: %s', (outer, inner, expected) => {
    expect(coversBlock({ cidr: outer }, { cidr: inner })).toBe(expected);
  });
});

const labels = fc.constantFrom<Record<string, string>>(
  {},
  { app: 'a' },
  { app: 'a', org: 'x' },
  { org: 'y' },
);
const peers = fc.oneof(
  fc.record({
    ipBlock: fc.record(
      {
        cidr: fc.constantFrom('10.0.0.0/8', '10.1.0.0/16', '10.1.2.0/24', '192.0.2.0/24'),
        except: fc.constantFrom(undefined, ['10.1.0.0/16'], ['10.1.2.0/24']),
      },
      { requiredKeys: ['cidr'] },
    ),
  }),
  fc.record({ podSelector: labels.map((matchLabels) => ({ matchLabels })) }),
  fc.record({
    namespaceSelector: fc.constantFrom({}, { matchLabels: { 'kubernetes.io/metadata.name': 'other' } }),
    podSelector: labels.map((matchLabels) => ({ matchLabels })),
  }),
);
const ports = fc.array(
  fc.constantFrom(
    { port: 53 },
    { port: 50, endPort: 60 },
    { port: 53, protocol: 'UDP' },
    { protocol: 'UDP' },
  ),
  { maxLength: 2 },
);
const policies = fc.array(
  fc
    .record({
      podSelector: labels.map((matchLabels) => ({ matchLabels })),
      policyTypes: fc.constantFrom(undefined, ['Ingress'], ['Egress'], ['Ingress', 'Egress']),
      ingress: fc.array(fc.record({ from: fc.array(peers, { maxLength: 2 }), ports }), { maxLength: 2 }),
      egress: fc.array(fc.record({ to: fc.array(peers, { maxLength: 2 }), ports }), { maxLength: 2 }),
    })
    .map((spec) => policy(spec)),
  { maxLength: 3 },
);

test('every connection that is newly allowed is reported, for pods with any labels', () => {
  const inside: Pod[] = [{}, { app: 'a' }, { app: 'a', org: 'x' }, { org: 'y' }, { app: 'a', org: 'y' }].map(
    (own) => ({
      namespace,
      labels: own as Record<string, string>,
    }),
  );
  const outside = [
    ...['10.0.0.1', '10.1.0.1', '10.1.2.1', '192.0.2.1'].map((ip) => ({ ip })),
    { namespace: 'other', labels: { app: 'a' } },
    { namespace: 'third', labels: {} },
  ];
  const probes = [
    [53, 'TCP'],
    [53, 'UDP'],
    [55, 'TCP'],
    [443, 'TCP'],
  ] as const;
  const namespaces = { [namespace]: {}, other: {}, third: {} };
  fc.assert(
    fc.property(policies, policies, (before, after) => {
      const [was, is] = [new Network(namespaces, before), new Network(namespaces, after)];
      const isNew = (from: Pod | { ip: string }, to: Pod | { ip: string }) =>
        probes.some(
          ([at, protocol]) =>
            is.mayConnect(from, to, at, protocol) && !was.mayConnect(from, to, at, protocol),
        );
      const found = opened(before, after);
      for (const pod of inside)
        for (const other of outside) {
          if (isNew(pod, other)) expect(found.map(({ direction }) => direction)).toContain('Egress');
          if (isNew(other, pod)) expect(found.map(({ direction }) => direction)).toContain('Ingress');
        }
    }),
    { numRuns: 300 },
  );
});

test('nothing is opened where nothing changes', () => {
  fc.assert(
    fc.property(policies, (same) => {
      expect(opened(same, same)).toEqual([]);
    }),
  );
});
