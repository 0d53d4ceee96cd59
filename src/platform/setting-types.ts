import * as z from 'zod';
import { imageProblem } from './image-reference.ts';
import { isPerOrg, templateProblem } from './setting-template.ts';

/** Types of values that several settings have. */

export const dnsLabel = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    'is not a DNS label: at most 63 lower-case letters, digits and hyphens',
  );
export const port = z.int().min(1).max(65535);
export const hostName = z
  .string()
  .regex(/^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/, 'is not a host name')
  .or(z.ipv4());
export const duration = z
  .string()
  .regex(/^[1-9][0-9]{0,5}[sm]$/, 'is not a duration: whole seconds or minutes, like 900s or 15m');

export const template = z.string().min(1).superRefine(refuseBadTemplate);
export const templatePerOrg = template.refine(isPerOrg, 'is the same for every org; put {org} into it');

function refuseBadTemplate(value: string, context: z.RefinementCtx): void {
  const problem = templateProblem(value);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
}

export const podSelector = z
  .record(
    z
      .string()
      .regex(
        /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/,
        'is not a label key',
      ),
    template,
  )
  .describe('Labels that the pods carry, all of them');

export const pods = z.strictObject({
  namespace: dnsLabel.describe('Namespace of the pods'),
  podSelector: podSelector.default({}),
});

export const peer = z
  .union([
    z.strictObject({
      cidr: z.union([z.cidrv4(), z.cidrv6()]),
      except: z
        .array(z.union([z.cidrv4(), z.cidrv6()]))
        .min(1)
        .optional(),
    }),
    pods,
  ])
  .describe('Either an address range (cidr) or pods (namespace and podSelector)');
export const peers = z.array(peer).min(1);

export const secretReference = z
  .strictObject({
    namespace: template.optional().describe("Namespace of the Secret; the catalog's own when left out"),
    name: template.describe('Name of the Secret; a template'),
    key: z.string().regex(/^[A-Za-z0-9._-]{1,253}$/, 'is not a key of a Secret'),
  })
  .describe('Where a credential stands. The registration Job reads it in the cluster; synth never does');

export const credentialSource = z.union([
  z.strictObject({ secret: secretReference }),
  z.strictObject({
    duckling: z
      .strictObject({ namespace: dnsLabel.default('ducklings') })
      .describe("From the status of the org's Duckling resource"),
  }),
  z.strictObject({ environment: z.string().regex(/^[A-Z_][A-Z0-9_]*$/) }),
]);

export const quantity = z.union([
  z.string().regex(/^[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$/, 'is not a quantity'),
  z.number().positive(),
]);
export const resources = z.strictObject({
  requests: z.record(z.string(), quantity).optional(),
  limits: z.record(z.string(), quantity).optional(),
});

export const image = z.string().superRefine((reference, context) => {
  const problem = imageProblem(reference);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});
