import * as z from 'zod';
import { metadata, type NetworkPolicy, type Peer } from './network-policy-change.ts';

/**
 * The parts of a CiliumNetworkPolicy that decide which connections are allowed, in the form in which synth writes it.
 * Source: https://docs.cilium.io/en/stable/security/policy/language/
 */

const labels = z.record(z.string(), z.string());
const pods = z.strictObject({ matchLabels: labels });
const namespaceLabel = 'k8s:io.kubernetes.pod.namespace';

const entities = z.array(z.string().transform((entity): Peer => ({ entity }))).default([]);
const domains = z
  .array(
    z
      .union([z.strictObject({ matchName: z.string() }), z.strictObject({ matchPattern: z.string() })])
      .transform((name): Peer => ({ fqdn: 'matchName' in name ? name.matchName : name.matchPattern })),
  )
  .default([]);
const ranges = z
  .array(
    z
      .strictObject({ cidr: z.string(), except: z.array(z.string()).optional() })
      .transform((ipBlock): Peer => ({ ipBlock })),
  )
  .default([]);
const endpoints = z
  .array(
    pods.transform(
      ({ matchLabels: { [namespaceLabel]: namespace, ...matchLabels } }): Peer => ({
        ...(namespace === undefined
          ? {}
          : { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } }),
        podSelector: { matchLabels },
      }),
    ),
  )
  .default([]);
const ports = z
  .array(
    z.strictObject({
      ports: z.array(
        z.strictObject({
          port: z
            .string()
            .regex(/^[0-9]+$/)
            .transform(Number),
          protocol: z.enum(['TCP', 'UDP', 'SCTP']),
        }),
      ),
      // Every answer of DNS is let through, and read.
      rules: z.strictObject({ dns: z.tuple([z.strictObject({ matchPattern: z.literal('*') })]) }).optional(),
    }),
  )
  .default([]);

const ingress = z
  .strictObject({ fromEntities: entities, fromCIDRSet: ranges, fromEndpoints: endpoints, toPorts: ports })
  .transform(({ toPorts, ...peers }) => ({
    from: Object.values(peers).flat(),
    ports: toPorts.flatMap((rule) => rule.ports),
  }));
const egress = z
  .strictObject({
    toEntities: entities,
    toFQDNs: domains,
    toCIDRSet: ranges,
    toEndpoints: endpoints,
    toPorts: ports,
  })
  .transform(({ toPorts, ...peers }) => ({
    to: Object.values(peers).flat(),
    ports: toPorts.flatMap((rule) => rule.ports),
  }));

const policy = z.object({
  metadata,
  spec: z.strictObject({
    endpointSelector: pods,
    ingress: z.array(ingress).optional(),
    egress: z.array(egress).optional(),
  }),
});

/** @returns the NetworkPolicy that would allow the same; undefined for a policy of another form. */
export function parseCiliumPolicy(object: unknown): NetworkPolicy | undefined {
  const { data } = policy.safeParse(object);
  if (data === undefined) return undefined;
  const { endpointSelector, ...rules } = data.spec;
  return {
    metadata: data.metadata,
    spec: {
      podSelector: endpointSelector,
      policyTypes: [
        ...(rules.ingress ? (['Ingress'] as const) : []),
        ...(rules.egress ? (['Egress'] as const) : []),
      ],
      ...rules,
    },
  };
}
