import * as z from 'zod';
import {
  type AddressRange,
  canonicalRange,
  containsRange,
  hasHostBits,
  isMappedIPv4,
  parseRange,
} from '../text/address-range.ts';
import { isMapping } from '../text/is-mapping.ts';
import { domainTemplate, namespaceTemplate } from './kubernetes-names.ts';
import { podSelector, port } from './setting-types.ts';

/** Peers of network policies: egress of catalogs and registration Jobs, and ingress of catalogs. */

const addressRange = z.string().transform((text, context) => {
  const range = parseRange(text);
  const message = rangeProblem(range);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
  return range === undefined ? text : canonicalRange(range);
});

function rangeProblem(range: AddressRange | undefined): string | undefined {
  if (range === undefined) return 'is not an address range; expected one like 10.20.0.0/16 or fd00:20::/48';
  if (isMappedIPv4(range)) return 'is IPv4 spelt as IPv6, which Kubernetes refuses; expected the IPv4 range';
  if (hasHostBits(range)) return `has bits beyond its prefix; expected ${canonicalRange(range)}`;
  return undefined;
}

const ports = z
  .array(port)
  .min(1)
  // A rule of Cilium has at most 40 ports, and each port of DNS counts twice, for UDP and TCP.
  .max(20)
  .optional()
  .describe('Ports of the pods or hosts, instead of the usual ones');

const addresses = z
  .strictObject({ cidr: addressRange, except: z.array(addressRange).min(1).optional(), ports })
  .superRefine(({ cidr, except = [] }, context) => {
    const range = parseRange(cidr);
    except.forEach((text, index) => {
      const hole = parseRange(text);
      if (range === undefined || hole === undefined) return;
      if (containsRange(range, hole) && range[1] < hole[1]) return;
      context.addIssue({
        code: 'custom',
        path: ['except', index],
        message: `is ${text}; expected a smaller range inside of ${cidr}`,
      });
    });
  });

const pods = z.strictObject({
  namespace: namespaceTemplate.describe('Namespace of the pods; a template'),
  podSelector: podSelector.default({}),
  ports,
});

const entities = z.strictObject({
  entity: z
    .enum(['host', 'remote-node', 'kube-apiserver'])
    .describe("Machines of the cluster, as Cilium names them: the pod's own, the others, the API server's"),
  ports,
});

const domains = z.strictObject({
  fqdn: domainTemplate.describe('Name in DNS, in which * stands for any characters but dots; a template'),
  ports,
});

export const peer = z
  .union([addresses, pods, entities, domains])
  .describe(
    'An address range (cidr) or pods (namespace and podSelector); with network.policies cilium also an ' +
      'entity of Cilium, or a name in DNS (fqdn)',
  );

/** A list of peers. One peer may also be without a list, and one port as `port`. */
export const peers = z.preprocess(asList, z.array(peer).min(1));

/** As `peers`. The former form, `{ peers, port }`, is still read. */
export const apiServerPeers = z.preprocess(
  (value) => (isMapping(value) && 'peers' in value ? withPort(value) : asList(value)),
  z.array(peer).min(1),
);

function asList(value: unknown): unknown {
  const list = isMapping(value) ? [value] : value;
  return Array.isArray(list) ? list.map(withPortsAsList) : list;
}

function withPortsAsList(value: unknown): unknown {
  if (!isMapping(value) || !('port' in value) || 'ports' in value) return value;
  const { port, ...others } = value;
  return { ...others, ports: [port] };
}

function withPort({ peers: list, port, ...unknown }: Record<string, unknown>): unknown {
  if (!Array.isArray(list)) return list;
  const each = list.map((value, index) => {
    if (!isMapping(value)) return value;
    // Unknown keys are put into the first peer, whose schema refuses them.
    const peer = index === 0 ? { ...unknown, ...value } : value;
    return port === undefined || 'ports' in value ? peer : { port, ...peer };
  });
  return asList(each);
}
