import { mayHoldCredential } from './credential-form.ts';
import { Redactions } from './redactions.ts';

/**
 * The redactions of what this process was given, on its command line and in its own and libpq's variables, and
 * what may hold a credential: a flag may be given wrongly, and Commander repeats what it does not understand.
 */
export function givenCredentials({ argv, env }: Pick<NodeJS.Process, 'argv' | 'env'> = process): Redactions {
  const redactions = new Redactions();
  const variables = Object.entries(env).filter(([name]) => /^(PG|LAKEKEEPER_GITOPS_)/.test(name));
  const values = argv.slice(2).map((argument) => /^--?[\w-]+=(.*)$/s.exec(argument)?.[1] ?? argument);
  for (const value of [...values, ...variables.map(([, text]) => text ?? '')])
    if (mayHoldCredential(value) && !isPlainUrl(value)) redactions.add(value);
  return redactions;
}

/** As in `--server-url`: nothing but where something is. */
function isPlainUrl(text: string): boolean {
  return /^https?:\/\/[\w.[\]:{}-]+(\/[\w.{}/-]*)?$/.test(text);
}
