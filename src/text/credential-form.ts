/** Texts that are credentials by their form, and what they are. */
const forms: readonly (readonly [RegExp, string])[] = [
  [/:\/\/[^/\s:@]*:[^/\s@]+@/, 'a URL with a password in it'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----/, 'a private key'],
  [/\b(AKIA|ASIA)[A-Z0-9]{16}\b/, 'an AWS access key'],
];

/** Whether one of them may be in a text: it is asked of every text of every org, and to look for letters is the quickest. */
function isSuspicious(text: string): boolean {
  return (
    (text.includes('@') && /:\/\/[^/\s]*@/.test(text)) ||
    text.includes('-----BEGIN ') ||
    text.includes('AKIA') ||
    text.includes('ASIA')
  );
}

function formOf(text: string): string | undefined {
  return forms.find(([pattern]) => pattern.test(text))?.[1];
}

/** What kind of credential stands in a value, at whatever depth; undefined when none does. Credentials never get into Git. */
export function credentialForm(value: unknown): string | undefined {
  if (typeof value === 'string') return isSuspicious(value) ? formOf(value) : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const key in value) {
    const form = credentialForm(key) ?? credentialForm((value as Record<string, unknown>)[key]);
    if (form !== undefined) return form;
  }
  return undefined;
}
