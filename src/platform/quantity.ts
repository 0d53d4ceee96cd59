import * as z from 'zod';
import { objectName } from './kubernetes-names.ts';

/**
 * Quantities of Kubernetes, in canonical form. The operator's first update of a custom resource rewrites others, which
 * Argo CD then shows as a difference (docs/facts/operator-recordings.md, 26).
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */

const decimalSuffixes = ['m', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const form = /^([0-9]{1,18})(?:\.([0-9]{1,9}))?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$/;

/** The value of a quantity in thousandths; undefined when the text is not a quantity, or is more precise. */
export function inThousandths(text: string): bigint | undefined {
  const [, whole, fraction = '', suffix = ''] = form.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const unit = suffix.endsWith('i')
    ? 1000n * 1024n ** BigInt(binarySuffixes.indexOf(suffix))
    : 1000n ** BigInt(decimalSuffixes.indexOf(suffix));
  const [value, parts] = [BigInt(whole + fraction) * unit, 10n ** BigInt(fraction.length)];
  return value % parts === 0n ? value / parts : undefined;
}

/** The form in which Kubernetes writes a quantity: the largest suffix of its family that leaves a whole number. */
export function canonicalQuantity(text: string): string {
  const value = inThousandths(text);
  if (value === undefined) throw new Error(`${text} is not a quantity`);
  // Below 1024 Kubernetes changes to decimal suffixes.
  const isBinary = text.endsWith('i') && value % 1000n === 0n && value >= 1_024_000n;
  return isBinary ? shortest(value / 1000n, 1024n, binarySuffixes) : shortest(value, 1000n, decimalSuffixes);
}

function shortest(value: bigint, base: bigint, suffixes: readonly string[]): string {
  if (value === 0n) return '0';
  let [digits, power] = [value, 0];
  for (; digits % base === 0n && power < suffixes.length - 1; digits /= base) power += 1;
  return `${digits}${suffixes[power]}`;
}

const largest = 2n ** 63n - 1n;

const quantity = z
  .union([z.string(), z.number()])
  .refine((value) => inThousandths(String(value)) !== undefined, {
    message: 'is not a quantity: expected a number with a suffix of Kubernetes, like 500m, 0.5, 512Mi or 1G',
    abort: true,
  })
  .transform((value) => canonicalQuantity(String(value)));

const standardResources = ['cpu', 'memory', 'ephemeral-storage'];

const quantities = z.record(z.string(), quantity).superRefine((values, context) => {
  for (const [name, value] of Object.entries(values)) {
    const message = resourceProblem(name, value);
    if (message !== undefined) context.addIssue({ code: 'custom', path: [name], message });
  }
});

function resourceProblem(name: string, value: string): string | undefined {
  const [domain = '', resource = '', ...rest] = name.split('/');
  const isExtended =
    rest.length === 0 &&
    /^[A-Za-z0-9]([A-Za-z0-9._-]{0,50}[A-Za-z0-9])?$/.test(resource) &&
    objectName.safeParse(domain, { jitless: true }).success &&
    !/(^|\.)kubernetes\.io$/.test(domain);
  if (!standardResources.includes(name) && !isExtended)
    return `is not a resource: expected ${standardResources.join(', ')}, or one with its domain, like example.com/gpu`;
  const thousandths = inThousandths(value) ?? 0n;
  if (name !== 'cpu' && thousandths % 1000n !== 0n)
    return `is ${value}; expected a whole number: only cpu has fractions`;
  return thousandths / 1000n > largest ? `is ${value}; expected at most ${largest}` : undefined;
}

/** Requests and limits of a container. */
export const resources = z
  .strictObject({ requests: quantities.optional(), limits: quantities.optional() })
  .superRefine(({ requests = {}, limits = {} }, context) => {
    for (const [name, request] of Object.entries(requests)) {
      const message = limitProblem(name, request, limits[name]);
      if (message !== undefined) context.addIssue({ code: 'custom', path: ['requests', name], message });
    }
  });

function limitProblem(name: string, request: string, limit: string | undefined): string | undefined {
  if (name.includes('/'))
    return request === limit ? undefined : `is ${request}; expected a limit of the same value`;
  if (limit === undefined || (inThousandths(request) ?? 0n) <= (inThousandths(limit) ?? 0n)) return undefined;
  return `is ${request}; expected at most the limit, which is ${limit}`;
}
