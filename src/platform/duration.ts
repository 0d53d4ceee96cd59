/** The seconds of a setting of type `duration`: `900s` or `15m`. */
export function durationSeconds(duration: string): number {
  return Number.parseInt(duration, 10) * (duration.endsWith('m') ? 60 : 1);
}
