import { basename } from 'node:path';
import { parseAllDocuments } from 'yaml';
import * as z from 'zod';
import { dataStore } from '../catalog/data-store-inputs.ts';
import { inputsKey } from '../catalog/registration-inputs.ts';
import type { DirectoryChange } from '../tree/diff.ts';

/** The part of an org's committed inputs that says where its catalog is. Other fields may be of another release. */
const formerState = z.object({
  org: z.string(),
  catalog: z.object({ namespace: z.string(), name: z.string(), image: z.string() }),
  metadataStore: z.object({
    ...{ host: z.string(), port: z.number(), database: z.string() },
    ...{ postgresRole: z.string().optional(), user: z.string().optional() },
  }),
  lakekeeperWarehouse: z.object({ name: z.string(), dataStore }),
});

export type FormerState = z.output<typeof formerState>;

/** The committed file that says where the catalog of a changed directory is; undefined for a new directory. */
export function formerInputsPath({ files }: DirectoryChange): string | undefined {
  return files.find(
    ({ path, change }) =>
      (change === 'updated' || change === 'removed') &&
      ['registration.yaml', 'retirement.yaml'].includes(basename(path)),
  )?.path;
}

/**
 * @param text of the file with the inputs, of an org that has a catalog, or of one that retires; also with other line
 *   ends, as a checkout of Git may have them, and as a formatter wrote it.
 * @returns undefined where it has no such inputs, as after an edit by hand.
 */
export function readFormerState(text: string): FormerState | undefined {
  // First by a pattern: to parse the YAML of every org takes longer than to render it. JSON may have CR between tokens.
  const [, block] =
    new RegExp(`^  ${inputsKey.replace('.', '\\.')}: \\|\\r?\\n((?:    [^\\n]*\\n|\\r?\\n)+)`, 'm').exec(
      text,
    ) ?? [];
  return stateIn(block) ?? stateIn(parsedInputs(text));
}

function stateIn(json: string | undefined): FormerState | undefined {
  if (json === undefined) return undefined;
  try {
    const inputs = JSON.parse(json);
    return formerState.safeParse(inputs.registration ?? inputs).data;
  } catch {
    return undefined;
  }
}

/** The first inputs in a file, whatever form its YAML has. */
function parsedInputs(text: string): string | undefined {
  return parseAllDocuments(text, { logLevel: 'silent' })
    .map((document) => ('getIn' in document ? document.getIn(['data', inputsKey]) : undefined))
    .find((inputs) => typeof inputs === 'string');
}
