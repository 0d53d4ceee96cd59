const maxTries = 4;
/** A shorter try cannot wait until a catalog has started, or has ended. */
const minTrySeconds = 60;
/** Time to schedule and start a pod, and to report its result. */
const podOverheadSeconds = 10;
/** Between the end of the last try and the Job's deadline, when Kubernetes deletes the pods and their logs. */
const reserveSeconds = 20;

/**
 * Divides the Job's deadline among its pods, so that each pod, also the last one, ends by itself and reports the
 * reason. The next try continues where one ended at its deadline. Pods that start slowly, or that a disruption ends,
 * take time from the last one. Kubernetes then ends that with SIGTERM at the Job's deadline: it still writes the row
 * and the Event, but its log is deleted with it.
 */
export function divideDeadline(seconds: number): { readonly tries: number; readonly secondsEach: number } {
  // Kubernetes waits 10 s before the second pod, and twice as long before each further one.
  const each = (tries: number) =>
    (seconds - reserveSeconds - 10 * (2 ** (tries - 1) - 1)) / tries - podOverheadSeconds;
  let tries = maxTries;
  while (tries > 1 && each(tries) < minTrySeconds) tries -= 1;
  // A deadline that is too short for one try and the overhead: the try gets at least half of it.
  return {
    tries,
    secondsEach: Math.floor(tries === 1 ? Math.max(each(1), Math.ceil(seconds / 2)) : each(tries)),
  };
}
