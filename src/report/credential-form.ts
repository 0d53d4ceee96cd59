/** Texts that are credentials by their form, and what they are. */
const forms: readonly (readonly [RegExp, string])[] = [
  [/:\/\/[^/\s:@]*:[^/\s@]+@/, 'a URL with a password in it'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----/, 'a private key'],
  [/\b(AKIA|ASIA)[A-Z0-9]{16}\b/, 'an AWS access key'],
];

/** What is in all of them: it is looked at every text of every org. */
const suspicious = /:\/\/[^/\s]*@|-----BEGIN |AKIA|ASIA/;

function formOf(text: string): string | undefined {
  return forms.find(([pattern]) => pattern.test(text))?.[1];
}

/** What kind of credential stands in a value, at whatever depth; undefined when none does. Credentials never get into Git. */
export function credentialForm(value: unknown): string | undefined {
  // One look at all of it is the quickest, and enough nearly always.
  return suspicious.test(typeof value === 'string' ? value : JSON.stringify(value))
    ? formIn(value)
    : undefined;
}

function formIn(value: unknown): string | undefined {
  if (typeof value === 'string') return formOf(value);
  if (typeof value !== 'object' || value === null) return undefined;
  for (const key in value) {
    const form = formIn(key) ?? formIn((value as Record<string, unknown>)[key]);
    if (form !== undefined) return form;
  }
  return undefined;
}
