/** Patterns of credentials, with a name for each. */
const forms: readonly (readonly [RegExp, string])[] = [
  [/:\/\/[^/\s:@]*:[^/\s@]+@/, 'a URL with a password in it'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----/, 'a private key'],
  [/\b(AKIA|ASIA)[A-Z0-9]{16}\b/, 'an AWS access key'],
];

/** A quick test before the patterns: it runs on every text of every org. */
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

/** The kind of credential that a value contains at any depth; undefined when it contains none. */
export function credentialForm(value: unknown): string | undefined {
  if (typeof value === 'string') return isSuspicious(value) ? formOf(value) : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const key in value) {
    const form = credentialForm(key) ?? credentialForm((value as Record<string, unknown>)[key]);
    if (form !== undefined) return form;
  }
  return undefined;
}
