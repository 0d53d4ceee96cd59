/** Progress of a run over a fleet. */
export interface Progress {
  readonly doing: 'reading' | 'rendering' | 'checking';
  /** Number of orgs that are finished. */
  readonly done: number;
  /** Number of all orgs, once that is known. */
  readonly total?: number;
  readonly rejected: number;
}

export type ShowProgress = (progress: Progress) => void;

/** stderr, or another stream: progress is shown on terminals only. */
export type Screen = Pick<NodeJS.WriteStream, 'isTTY' | 'write'>;

/** Time before the first update; shorter runs show nothing. */
const firstUpdateMs = 1000;
const updateIntervalMs = 200;

/**
 * Shows the progress of a long run on a terminal, in one line that is cleared at the end.
 *
 * @param now milliseconds of a monotonic clock.
 */
export async function withProgress<T>(
  screen: Screen,
  work: (show: ShowProgress) => Promise<T>,
  now: () => number = () => performance.now(),
): Promise<T> {
  if (!screen.isTTY) return work(() => undefined);
  const started = now();
  let shown = started + firstUpdateMs - updateIntervalMs;
  let since = { doing: '', at: started };
  let isShown = false;
  try {
    return await work((progress) => {
      const time = now();
      if (progress.doing !== since.doing) since = { doing: progress.doing, at: time };
      if (time - shown < updateIntervalMs) return;
      shown = time;
      isShown = true;
      screen.write(`${clearLine}${lineOf(progress, (time - since.at) / 1000)}`);
    });
  } finally {
    if (isShown) screen.write(clearLine);
  }
}

const clearLine = '\r\u001b[2K';

/** @param seconds since this phase began. */
function lineOf({ doing, done, total, rejected }: Progress, seconds: number): string {
  const count = (value: number) => Math.round(value).toLocaleString('en');
  const rate = seconds > 0 ? `, ${count(done / seconds)} orgs/s` : '';
  return (
    `${doing} ${count(done)}${total === undefined ? '' : ` of ${count(total)}`} orgs${rate}, ` +
    `${count(rejected)} rejected`
  );
}
