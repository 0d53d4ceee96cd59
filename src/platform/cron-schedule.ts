import * as z from 'zod';

/** The fields of a schedule, as the CronJob controller reads them (https://pkg.go.dev/github.com/robfig/cron/v3). */
const fields = [
  { from: 0, to: 59, names: [] },
  { from: 0, to: 23, names: [] },
  { from: 1, to: 31, names: [] },
  { from: 1, to: 12, names: 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ') },
  { from: 0, to: 6, names: 'sun mon tue wed thu fri sat'.split(' ') },
];
const macros = /^@(hourly|daily|midnight|weekly|monthly)$/;

export const cronSchedule = z
  .string()
  .refine(isSchedule, 'is not a schedule of five fields, like "17 */6 * * *"')
  .describe('As that of a CronJob');

export const timeZone = z
  .string()
  .refine(isTimeZone, 'is not a time zone, like Europe/Berlin')
  .describe("Of the schedule; the controller's own when left out. Kubernetes 1.27 and newer");

function isSchedule(text: string): boolean {
  const parts = text.split(' ');
  return macros.test(text) || (parts.length === fields.length && parts.every(isField));
}

function isField(text: string, index: number): boolean {
  return text.split(',').every((item) => {
    const [, range = '', step] = /^([0-9A-Za-z*?-]+?)(?:\/([0-9]{1,2}))?$/.exec(item) ?? [];
    if (range === '' || Number(step) === 0) return false;
    if (range === '*' || range === '?') return true;
    const ends = range.split('-').map((end) => numberOf(end, index));
    const [first = Number.NaN, last = first] = ends;
    return ends.length <= 2 && first <= last;
  });
}

/** NaN for a value that the field does not allow. */
function numberOf(text: string, index: number): number {
  const { from = 0, to = 0, names = [] } = fields[index] ?? {};
  const named = names.indexOf(text.toLowerCase());
  const number = named >= 0 ? named + from : /^[0-9]{1,2}$/.test(text) ? Number(text) : Number.NaN;
  return number >= from && number <= to ? number : Number.NaN;
}

/** The API server accepts names in their exact spelling, and no offsets. */
function isTimeZone(name: string): boolean {
  if (!/^[A-Z][A-Za-z0-9_+-]*(\/[A-Z][A-Za-z0-9_+-]*)*$/.test(name) || name === 'Local') return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
