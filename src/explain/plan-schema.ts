import * as z from 'zod';
import { type ChangeKind, kinds } from './change.ts';
import { risks } from './risk.ts';

/**
 * The plan as JSON, part of the interface. Its texts come from the source and the manifests: they are not trusted, and
 * have to be escaped where they are shown. Keys may be added within a version; other changes need a new version.
 */

const count = z.int().min(0);
const kindNames = Object.keys(kinds) as [ChangeKind, ...ChangeKind[]];

const subject = z
  .strictObject({
    org: z.string().nullable().describe('Org id; null for the platform, and if the files do not have it'),
    name: z.string().describe('Name of the catalog and of its directory; "platform" for the platform'),
    what: z
      .string()
      .optional()
      .describe('Exact text, if that of the variant has placeholders; so are from and to'),
    from: z.string().optional(),
    to: z.string().optional(),
    detail: z.string().optional().describe('A text that only this org has: the name of its migration Job'),
  })
  .describe('An org that changes, or the platform');

const variant = z
  .strictObject({
    what: z.string().optional().describe('The part that changes, such as "host"'),
    from: z.string().optional().describe('{org} and {name} are placeholders for the names of each org'),
    to: z.string().optional(),
    subjects: z.array(subject).min(1),
  })
  .describe('The same change of one or more orgs');

const change = z.strictObject({
  kind: z.enum(kindNames),
  risk: z.enum(risks).exclude(['none']),
  title: z.string().describe('For people; may change in any version'),
  effect: z
    .string()
    .describe('What happens when the change is applied. For people; may change in any version'),
  orgs: count.describe('Number of orgs; 0 if only objects of the platform change'),
  variants: z.array(variant).min(1).describe('Most orgs first'),
});

const problem = z.strictObject({ at: z.string(), message: z.string() });

export const planSchema = z.strictObject({
  version: z.literal(1),
  program: z
    .strictObject({
      version: z.string().describe('Version of lakekeeper-gitops that renders'),
      registrationImage: z.string().describe('What the registration Jobs run, by default the same version'),
    })
    .describe('The versions of this program'),
  against: z
    .strictObject({
      directory: z.string().describe('As given with --out'),
      ref: z.string().nullable().describe('As given with --against; null for the work tree'),
      commit: z.string().nullable(),
    })
    .describe('The committed files'),
  risk: z.enum(risks).describe('The highest risk of all changes'),
  orgs: z
    .strictObject({
      desired: count.describe('Orgs that synth renders'),
      added: count,
      leaving: count.describe('Orgs whose retirement begins'),
      retiring: count.describe('Orgs whose retirement began earlier and is not recorded yet'),
      removed: count.describe('Orgs whose retirement is recorded: their directories are removed'),
      changed: count,
      unchanged: count,
    })
    .describe('An org that gets another name counts as changed'),
  authentication: z
    .strictObject({
      none: z.array(z.string()),
      prepare: z.array(z.string()).describe('Everything for logging in is there, and the server is open'),
      enforce: z.array(z.string()).describe('The server refuses requests without a token'),
    })
    .describe('Where the orgs that synth renders stand, by their ids'),
  files: z
    .strictObject({ created: count, updated: count, removed: count, unchanged: count })
    .describe('Files that synth would create, update or remove'),
  heldBack: z.string().nullable().describe('Why synth would write nothing without --allow-removal'),
  changes: z.array(change).describe('The highest risk first'),
  rejected: z.array(
    z.strictObject({
      org: z.string().nullable().describe('Null if the record has no valid org id'),
      problems: z.array(problem),
    }),
  ),
  skipped: z.array(
    z.strictObject({
      org: z.string(),
      reason: z.string(),
      keep: z.boolean().describe('Whether the committed manifests stay'),
    }),
  ),
  foreignFiles: z
    .array(z.string())
    .describe('Files in the directories that synth did not write and does not change; Argo CD applies them'),
  unknownOverrides: z
    .array(z.string())
    .describe('Orgs with an override in the settings that the source does not have'),
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
