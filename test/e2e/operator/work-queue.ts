/** Which resource to look at. */
export interface Request {
  readonly namespace?: string | undefined;
  readonly name: string;
}

export interface WorkQueue {
  add(request: Request): void;
  stop(): void;
}

// As controller-runtime does by default: five milliseconds, doubled with each failure in a row, to a thousand seconds.
const [firstDelay, longestDelay] = [5, 1_000_000];

/**
 * One worker; a resource that is asked for again while it is looked at is looked at once more.
 *
 * @param work returns in how many seconds to look again, if at all. A failure is tried again after a growing delay.
 */
export function workQueue(
  work: (request: Request) => Promise<number | undefined>,
  say: (line: string) => void,
): WorkQueue {
  const waiting = new Map<string, Request>();
  const failures = new Map<string, number>();
  /** One for each resource, the earliest: a look in the meantime does not put it off. */
  const timers = new Map<string, { readonly at: number; readonly timer: NodeJS.Timeout }>();
  let isWorking = false;

  const keyOf = ({ namespace, name }: Request) => `${namespace}/${name}`;
  const later = (request: Request, milliseconds: number) => {
    const [key, at] = [keyOf(request), Date.now() + milliseconds];
    const pending = timers.get(key);
    if (pending && pending.at <= at) return;
    clearTimeout(pending?.timer);
    const timer = setTimeout(() => {
      timers.delete(key);
      add(request);
    }, milliseconds);
    timers.set(key, { at, timer });
  };
  const add = (request: Request) => {
    waiting.set(keyOf(request), { namespace: request.namespace, name: request.name });
    if (!isWorking) void drain();
  };
  const drain = async () => {
    isWorking = true;
    for (;;) {
      const [next] = waiting;
      if (next === undefined) break;
      const [key, request] = next;
      waiting.delete(key);
      try {
        const seconds = await work(request);
        failures.delete(key);
        if (seconds !== undefined) later(request, seconds * 1000);
      } catch (error) {
        const count = failures.get(key) ?? 0;
        failures.set(key, count + 1);
        const delay = Math.min(firstDelay * 2 ** count, longestDelay);
        say(`${key}: ${error}; again in ${delay} ms`);
        later(request, delay);
      }
    }
    isWorking = false;
  };
  return {
    add,
    stop: () => {
      for (const { timer } of timers.values()) clearTimeout(timer);
    },
  };
}
