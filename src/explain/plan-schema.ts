import * as z from 'zod';
import { type ChangeKind, kinds } from './change-kinds.ts';
import { risks } from './risk.ts';

/**
 * The plan as JSON: part of the interface. Texts are as they are in the source and the manifests, so they are hostile
 * until they are escaped where they are shown. Keys are added within a version; anything else makes a new one.
 */

const count = z.int().min(0);
const kindNames = Object.keys(kinds) as [ChangeKind, ...ChangeKind[]];

const subject = z
  .strictObject({
    org: z.string().nullable().describe('Org id; null for the platform, and where the files do not say'),
    name: z.string().describe('Name of the catalog and of its directory; "platform" for what all share'),
    what: z
      .string()
      .optional()
      .describe('Exact text, where that of the variant is a template; as are from and to'),
    from: z.string().optional(),
    to: z.string().optional(),
    detail: z.string().optional().describe('What holds for this org alone: the name of its migration Job'),
  })
  .describe('Whom it happens to');

const variant = z
  .strictObject({
    what: z.string().optional().describe('What of it: "host"'),
    from: z.string().optional().describe("{org} and {name} stand for each org's own"),
    to: z.string().optional(),
    subjects: z.array(subject).min(1),
  })
  .describe('The same change, of as many as it happens to');

const change = z.strictObject({
  kind: z.enum(kindNames),
  risk: z.enum(risks).exclude(['none']),
  title: z.string().describe('For people; may change'),
  effect: z.string().describe('What it does, for people; may change'),
  orgs: count.describe("Orgs that it happens to; 0 when only the platform's own objects change"),
  variants: z.array(variant).min(1).describe('Most orgs first'),
});

const problem = z.strictObject({ at: z.string(), message: z.string() });

export const planSchema = z.strictObject({
  version: z.literal(1),
  against: z
    .strictObject({
      directory: z.string().describe('As given with --out'),
      ref: z.string().nullable().describe('As given with --against; null for the work tree'),
      commit: z.string().nullable(),
    })
    .describe('What is committed'),
  risk: z.enum(risks).describe('The highest of the changes'),
  orgs: z
    .strictObject({
      desired: count.describe('Orgs that synth renders'),
      added: count,
      leaving: count,
      changed: count,
      unchanged: count,
    })
    .describe('An org that comes under another name is among the changed'),
  files: z
    .strictObject({ created: count, updated: count, removed: count, unchanged: count })
    .describe('What synth would do to the files'),
  heldBack: z.string().nullable().describe('Why synth would change nothing without --allow-removal'),
  changes: z.array(change).describe('The highest risk first'),
  rejected: z.array(
    z.strictObject({
      org: z.string().nullable().describe('Null when the record does not say whose it is'),
      problems: z.array(problem),
    }),
  ),
  skipped: z.array(
    z.strictObject({
      org: z.string(),
      reason: z.string(),
      keep: z.boolean().describe('Whether manifests that are committed stay'),
    }),
  ),
  foreignFiles: z
    .array(z.string())
    .describe('Files among ours that synth did not make and leaves alone; Argo CD applies them all the same'),
  unknownOverrides: z
    .array(z.string())
    .describe('Orgs that the settings override and the source does not have'),
});

export type Plan = z.output<typeof planSchema>;
export type PlannedChange = Plan['changes'][number];
export type Variant = PlannedChange['variants'][number];
export type Subject = Variant['subjects'][number];

/** JSON Schema of the plan: `schemas/plan.schema.json`. */
export function planJsonSchema(): object {
  const { $schema, ...schema } = z.toJSONSchema(planSchema);
  return { $schema, title: 'Plan of lakekeeper-gitops', ...schema };
}
