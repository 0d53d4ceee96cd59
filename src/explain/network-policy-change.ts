import * as z from 'zod';

/**
 * The parts of a NetworkPolicy that decide which connections are allowed. Source:
 * https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */

const labels = z.record(z.string(), z.string());
const selector = z.strictObject({
  matchLabels: labels.nullish(),
  matchExpressions: z
    .array(z.strictObject({ key: z.string(), operator: z.string(), values: z.array(z.string()).nullish() }))
    .nullish(),
});
const ipBlock = z.strictObject({ cidr: z.string(), except: z.array(z.string()).nullish() });
const peer = z.strictObject({
  ipBlock: ipBlock.nullish(),
  namespaceSelector: selector.nullish(),
  podSelector: selector.nullish(),
});
const port = z.strictObject({
  port: z.union([z.int(), z.string()]).nullish(),
  endPort: z.int().nullish(),
  protocol: z.enum(['TCP', 'UDP', 'SCTP']).nullish(),
});
export const metadata = z.object({ name: z.string(), namespace: z.string().default('default') });
const policy = z.object({
  metadata,
  spec: z.strictObject({
    podSelector: selector.nullish(),
    policyTypes: z.array(z.enum(['Ingress', 'Egress'])).nullish(),
    ingress: z
      .array(z.strictObject({ from: z.array(peer).nullish(), ports: z.array(port).nullish() }))
      .nullish(),
    egress: z
      .array(z.strictObject({ to: z.array(peer).nullish(), ports: z.array(port).nullish() }))
      .nullish(),
  }),
});

export type Labels = Readonly<Record<string, string>>;
export type Selector = z.input<typeof selector>;
export type IpBlock = z.input<typeof ipBlock>;
/** A peer of a NetworkPolicy; or an entity or a DNS name of a CiliumNetworkPolicy. */
export interface Peer extends z.input<typeof peer> {
  readonly entity?: string;
  readonly fqdn?: string;
}
export type Port = z.input<typeof port>;
export type NetworkPolicy = z.output<typeof policy>;
export type Direction = 'Ingress' | 'Egress';

/** Parses a committed policy; undefined if Kubernetes would not accept it. */
export function parsePolicy(object: unknown): NetworkPolicy | undefined {
  return policy.safeParse(object).data;
}

/** Without policyTypes a policy isolates ingress, and egress too when it has egress rules. */
export function directionsOf({ policyTypes, egress }: NetworkPolicy['spec']): readonly Direction[] {
  if (policyTypes && policyTypes.length > 0) return policyTypes;
  return egress && egress.length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
}

/** The rules of a direction. A rule without peers allows all peers, a rule without ports all ports. */
export function rulesOf(
  direction: Direction,
  { ingress, egress }: NetworkPolicy['spec'],
): { readonly peers: readonly Peer[]; readonly ports: readonly Port[] }[] {
  return direction === 'Ingress'
    ? (ingress ?? []).map(({ from, ports }) => ({ peers: from ?? [], ports: ports ?? [] }))
    : (egress ?? []).map(({ to, ports }) => ({ peers: to ?? [], ports: ports ?? [] }));
}

/** @throws Error for an operator that Kubernetes does not know. */
export function selects({ matchLabels, matchExpressions }: Selector, of: Labels): boolean {
  return (
    Object.entries(matchLabels ?? {}).every(([key, value]) => of[key] === value) &&
    (matchExpressions ?? []).every(({ key, operator, values }) => {
      const value = of[key];
      const isListed = value !== undefined && (values ?? []).includes(value);
      if (operator === 'In') return isListed;
      if (operator === 'NotIn') return !isListed;
      if (operator === 'Exists') return value !== undefined;
      if (operator === 'DoesNotExist') return value === undefined;
      throw new Error(`unknown operator ${operator}`);
    })
  );
}
