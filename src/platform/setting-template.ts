import * as z from 'zod';

/**
 * Templates in the platform settings: text with the placeholders `{org}`, `{name}`, `{namespace}` or `{duckling}`. The
 * caller decides their values; this module parses and expands.
 */

const placeholders = ['org', 'name', 'namespace', 'duckling'] as const;
export type Placeholder = (typeof placeholders)[number];

const braces = /\{([^{}]*)\}/g;

/** What is wrong with a template, or undefined. */
export function templateProblem(template: string): string | undefined {
  for (const [written, name] of template.matchAll(braces)) {
    if (!placeholders.some((placeholder) => placeholder === name))
      return `has the unknown placeholder ${written}; known are ${placeholders.map((p) => `{${p}}`).join(', ')}`;
  }
  if (/[{}]/.test(template.replaceAll(braces, ''))) return 'has a brace without its partner';
  return undefined;
}

export const template = z
  .string()
  .min(1)
  .superRefine((value, context) => {
    const problem = templateProblem(value);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });
export const templatePerOrg = template.refine(isPerOrg, 'is the same for every org; put {org} into it');

/** A template with the same text for every placeholder. */
export function withPlaceholdersAs(value: string, text: string): string {
  return value.replaceAll(braces, text);
}

export function hasPlaceholder(value: string): boolean {
  return withPlaceholdersAs(value, '') !== value;
}

/** Whether a template expands to a different text for each org. */
export function isPerOrg(template: string): boolean {
  return /\{(org|name|duckling)\}/.test(template);
}

/** Expands a template. @throws Error for a placeholder without a value. */
export function expand(template: string, values: Partial<Record<Placeholder, string>>): string {
  let text = '';
  let end = 0;
  for (let open = template.indexOf('{'); open >= 0; open = template.indexOf('{', end)) {
    const close = template.indexOf('}', open);
    const value = values[template.slice(open + 1, close) as Placeholder];
    if (close < 0 || value === undefined)
      throw new Error(`template ${template}: no value for ${template.slice(open, close + 1)}`);
    text += template.slice(end, open) + value;
    end = close + 1;
  }
  return text + template.slice(end);
}
