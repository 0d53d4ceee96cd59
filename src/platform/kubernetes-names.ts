import * as z from 'zod';
import { template, withPlaceholdersAs } from './setting-template.ts';

/**
 * Names, labels and annotations as the API server accepts them. Source:
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ and the pages on labels and annotations.
 */

export const dnsLabel = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    'is not a DNS label: at most 63 lower-case letters, digits and hyphens',
  );

/** The name of most objects. */
export const objectName = z
  .string()
  .max(253, 'is longer than 253 characters')
  .regex(
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/,
    'is not a name in Kubernetes: lower-case letters, digits, hyphens and dots',
  );

export const labelKey = z.string().superRefine(refuse(labelKeyProblem));
const labelValue = z.string().superRefine(refuse(labelValueProblem));

/** A template that expands to a DNS label, as far as that can be checked without the org. */
export const namespaceTemplate = templateOf(dnsLabel);
export const objectNameTemplate = templateOf(objectName);
export const labelValueTemplate = templateOf(labelValue);

/** A name in DNS, in which `*` may stand for characters. */
export const domainPattern = /^(?=.{1,253}$)([a-z0-9_*-]{1,63}\.)+[a-z0-9-]{1,63}$/;
export const domainTemplate = templateOf(
  z
    .string()
    .regex(domainPattern, 'is not a name in DNS like store.example.com or *.example.com, in lower case'),
);

function templateOf(type: z.ZodType<string>) {
  return template.superRefine((value, context) => {
    const checked = type.safeParse(withPlaceholdersAs(value, 'x'), { jitless: true });
    for (const { message } of checked.error?.issues ?? []) context.addIssue({ code: 'custom', message });
  });
}

/** What is wrong with the key of a label, `[prefix/]name`; undefined when nothing is. */
function labelKeyProblem(key: string): string | undefined {
  const isKey =
    /^([^/]{1,253}\/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/.test(key) &&
    (!key.includes('/') || objectName.safeParse(key.split('/')[0], { jitless: true }).success);
  if (isKey) return undefined;
  return (
    'is not a label key: expected a name of at most 63 letters, digits, dots, hyphens and underscores, ' +
    'which may have a DNS name and a slash before it'
  );
}

export function labelValueProblem(value: string): string | undefined {
  if (/^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/.test(value)) return undefined;
  return (
    'is not a label value: expected at most 63 letters, digits, dots, hyphens and underscores, with a ' +
    'letter or digit at both ends'
  );
}

/** Kubernetes allows 256 KiB of annotations per object. The rest is for annotations that we add. */
const annotationsAtMostBytes = 250 * 1024;

/** Annotations whose values are templates. */
export const annotations = annotationsWith(template);

/** Annotations of an object that all orgs share. */
export const sharedAnnotations = annotationsWith(z.string());

function annotationsWith(value: z.ZodType<string>) {
  return z.record(z.string(), value).superRefine(refuseAnnotations);
}

function refuseAnnotations(entries: Readonly<Record<string, string>>, context: z.RefinementCtx): void {
  for (const key of Object.keys(entries)) {
    const problem = labelKeyProblem(key.toLowerCase())?.replace('a label key', "an annotation's key");
    if (problem !== undefined) context.addIssue({ code: 'custom', path: [key], message: problem });
    else if (isOurs(key)) context.addIssue({ code: 'custom', path: [key], message: reservedMessage });
  }
  const problem = annotationsSizeProblem(entries);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
}

export function annotationsSizeProblem(entries: Readonly<Record<string, string>>): string | undefined {
  const size = Object.entries(entries)
    .flat()
    .reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (size <= annotationsAtMostBytes) return undefined;
  return `are ${size} bytes together; expected at most ${annotationsAtMostBytes}: Kubernetes takes 256 KiB an object`;
}

/** Labels whose values are templates. */
export const labels = z.record(labelKey, labelValueTemplate);

/** Labels of an object that all orgs share. */
export const sharedLabels = z.record(labelKey, labelValue);

export const reservedMessage = 'is set by lakekeeper-gitops; use another key';

/** Whether a key is one that we set and read. */
export function isOurs(key: string): boolean {
  return key.startsWith('lakekeeper-gitops/');
}

function refuse(problemWith: (value: string) => string | undefined) {
  return (value: string, context: z.RefinementCtx): void => {
    const message = problemWith(value);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  };
}
