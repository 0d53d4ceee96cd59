import { expect, test } from 'vitest';
import { cronSchedule, timeZone } from '../../src/platform/cron-schedule.ts';

test.each(['17 */6 * * *', '@daily', '0,30 6-18/2 ? JAN-mar mon-FRI', '5/15 0 1-31 12 0', '* * * * *'])(
  'the schedule %s is taken, as Kubernetes does',
  (text) => {
    expect(cronSchedule.safeParse(text).success).toBe(true);
  },
);

test.each([
  '',
  '* * * *',
  '60 * * * *',
  '* 24 * * *',
  '* * 0 * *',
  '* * * 13 *',
  '* * * * 7',
  '5-2 * * * *',
  '*/0 * * * *',
  '1-2-3 * * * *',
  '1, * * * *',
  'x * * * *',
  '* * * * L',
  '@yesterday',
  'TZ=UTC * * * * *',
])('the schedule "%s" is refused, as by Kubernetes', (text) => {
  expect(cronSchedule.safeParse(text).success).toBe(false);
});

test('a time zone is a name that Kubernetes knows', () => {
  const names = [
    'Europe/Berlin',
    'UTC',
    'America/Port-au-Prince',
    'Etc/GMT+5',
    'Local',
    'europe/berlin',
    '+01:00',
    'No/Where',
  ];
  expect(names.filter((name) => timeZone.safeParse(name).success)).toEqual(names.slice(0, 4));
});
