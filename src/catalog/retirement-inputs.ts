import * as z from 'zod';
import { decodeInputs, escapeBeyondASCII, registrationSchema } from './registration-inputs.ts';

/**
 * The interface between synth and the retirement Job: synth renders these inputs for an org that leaves, the Job reads
 * them. `decodeRetirement(encodeRetirement(x))` equals `x`.
 */
const schema = z.strictObject({
  version: z.literal(1),
  /** `retain`: database, role and Secret stay, and the role cannot log in. `delete`: they are deleted. */
  policy: z.enum(['retain', 'delete']),
  /** Delete the database although tables are registered in it. */
  evenWithTables: z.literal(true).optional(),
  /** The row said that the org is retired before this retirement began: the record is that of a former one. */
  recordedBefore: z.literal(true).optional(),
  /** The org's last registration inputs: its row may be gone. */
  registration: registrationSchema,
});

export type RetirementInputs = z.output<typeof schema>;

/**
 * Whether database, role and Secret are deleted. What a provider owns is not dropped, and its Secret has the only key
 * to what is in it.
 */
export function isStoreDeleted({ policy, registration }: RetirementInputs): boolean {
  return policy === 'delete' && registration.metadataStore.provisioning === 'admin';
}

/** Suffix of the ConfigMap with an org's retirement inputs, after the name of its catalog. */
export const retirementSuffix = '-retirement';

/** The inputs as JSON, in the form of the registration inputs. */
export function encodeRetirement(inputs: RetirementInputs): string {
  return `${escapeBeyondASCII(JSON.stringify(inputs, null, 2))}\n`;
}

/** The inverse of `encodeRetirement`. @throws PermanentError when the text is not the inputs of this version. */
export function decodeRetirement(text: string): RetirementInputs {
  return decodeInputs(text, schema, 'retirement inputs');
}
