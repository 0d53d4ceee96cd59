import { basename } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { decode, inputsKey, inputsSuffix } from '../catalog/registration-inputs.ts';
import { decodeRetirement, type RetirementInputs, retirementSuffix } from '../catalog/retirement-inputs.ts';
import type { CommittedOrg, LeavingOrg } from '../leaving.ts';
import { keyForMessage } from '../text/credential-form.ts';
import { PermanentError } from '../text/errors.ts';
import type { CommittedFiles } from '../tree/committed-files.ts';
import { isAsWritten } from '../tree/header.ts';

/** What is committed of an org. `recordedBefore`: as of the retirement inputs, of an org that retires. */
export type CommittedInputs = Pick<RetirementInputs, 'registration' | 'recordedBefore'>;

interface Form {
  readonly file: string;
  readonly suffix: string;
  readonly decodeInputs: (text: string) => CommittedInputs;
}

/** The forms of an org's directory: which file has its inputs, in which ConfigMap. */
const catalogForm: Form = {
  file: 'registration.yaml',
  suffix: inputsSuffix,
  decodeInputs: (text) => ({ registration: decode(text) }),
};
const retiringForm: Form = {
  file: 'retirement.yaml',
  suffix: retirementSuffix,
  decodeInputs: decodeRetirement,
};

/** Whether an org's directory is committed as that of an org that retires. */
export function isRetiring({ files }: CommittedOrg): boolean {
  return files.some((path) => basename(path) === retiringForm.file);
}

/** The path of the file that has, or should have, the inputs of an org. */
export function inputsPath(org: CommittedOrg): string {
  const { file } = formOf(org);
  return org.files.find((path) => basename(path) === file) ?? `${org.directory}/${file}`;
}

/**
 * The inputs that are committed for an org.
 *
 * @throws PermanentError when they are not there as synth wrote them; the message follows the path of the file.
 */
export async function committedInputs(org: LeavingOrg, committed: CommittedFiles): Promise<CommittedInputs> {
  const path = inputsPath(org);
  if (!org.files.includes(path))
    throw new PermanentError('is missing, and with it the inputs of the retirement');
  const text = await committed.read(path);
  // What is deleted follows from it.
  if (!isAsWritten(text) && isAsWritten(text.replaceAll('\r\n', '\n')))
    throw new PermanentError(
      'has CRLF line ends, as a checkout makes them: put "/dist/** text eol=lf" into .gitattributes, with the name ' +
        'of the output directory',
    );
  if (!isAsWritten(text))
    throw new PermanentError('was edited after synth wrote it, or an older version wrote it');
  const { suffix, decodeInputs } = formOf(org);
  const name = `${org.name}${suffix}`;
  const inputs = parseAllDocuments(text)
    .flatMap((document) => ('getIn' in document ? [document] : []))
    .find((document) => document.getIn(['metadata', 'name']) === name)
    ?.getIn(['data', inputsKey]);
  if (typeof inputs !== 'string') throw new PermanentError(`has no ConfigMap ${name} with inputs`);
  const decoded = decodeInputs(inputs);
  const { registration } = decoded;
  if (registration.catalog.name !== org.name || registration.org !== org.org)
    throw new PermanentError(`has the inputs of org ${keyForMessage(registration.org)}`);
  return decoded;
}

function formOf(org: CommittedOrg): Form {
  return isRetiring(org) ? retiringForm : catalogForm;
}
