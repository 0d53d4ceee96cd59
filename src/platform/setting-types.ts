import * as z from 'zod';
import { imageProblem } from './image-reference.ts';
import { dnsLabel, labels, namespaceTemplate, objectNameTemplate } from './kubernetes-names.ts';

/** Types of values that several settings have. */

export const port = z.int().min(1).max(65535);
export const hostName = z
  .string()
  .regex(/^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/, 'is not a host name')
  .or(z.ipv4());
export const duration = z
  .string()
  .regex(/^[1-9][0-9]{0,5}[sm]$/, 'is not a duration: whole seconds or minutes, like 900s or 15m');

export const podSelector = labels.describe('Labels that the pods carry, all of them');

/** A key of a Secret or a ConfigMap. */
export const secretKey = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,253}$/, 'is not a key of a Secret or a ConfigMap')
  .refine((key) => key !== '.' && !key.startsWith('..'), 'begins with dots, as no key may');

export const secretReference = z
  .strictObject({
    namespace: namespaceTemplate
      .optional()
      .describe("Namespace of the Secret; the catalog's own when left out"),
    name: objectNameTemplate.describe('Name of the Secret; a template'),
    key: secretKey,
  })
  .describe('Reference to a credential. The registration Job reads it in the cluster; synth never does');

export const credentialSource = z.union([
  z.strictObject({ secret: secretReference }),
  z.strictObject({
    duckling: z
      .strictObject({ namespace: dnsLabel.default('ducklings') })
      .describe("From the status of the org's Duckling resource"),
  }),
  z.strictObject({ environment: z.string().regex(/^[A-Z_][A-Z0-9_]*$/) }),
]);

export const image = z.string().superRefine((reference, context) => {
  const problem = imageProblem(reference);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});
