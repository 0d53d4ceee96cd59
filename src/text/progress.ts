/** How far a run over a fleet has come. */
export interface Progress {
  readonly doing: 'reading' | 'rendering';
  /** Orgs that this is done for. */
  readonly done: number;
  /** Of how many, once that is known. */
  readonly total?: number;
  readonly rejected: number;
}

export type ShowProgress = (progress: Progress) => void;

/** A terminal, or what is none. */
export type Screen = Pick<NodeJS.WriteStream, 'isTTY' | 'write'>;

/** Milliseconds before anything is shown, and between two times. */
const patience = 1000;
const interval = 200;

/**
 * Shows on a terminal how far a long run has come, in one line that is gone in the end; says nothing anywhere else, and nothing of
 * a short run.
 *
 * @param now milliseconds, for how often and how fast.
 */
export async function withProgress<T>(
  screen: Screen,
  work: (show: ShowProgress) => Promise<T>,
  now: () => number = () => performance.now(),
): Promise<T> {
  if (!screen.isTTY) return work(() => undefined);
  const started = now();
  let shown = started + patience - interval;
  let since = { doing: '', at: started };
  let isShown = false;
  try {
    return await work((progress) => {
      const time = now();
      if (progress.doing !== since.doing) since = { doing: progress.doing, at: time };
      if (time - shown < interval) return;
      shown = time;
      isShown = true;
      screen.write(`${clearLine}${lineOf(progress, (time - since.at) / 1000)}`);
    });
  } finally {
    if (isShown) screen.write(clearLine);
  }
}

const clearLine = '\r\u001b[2K';

/** @param seconds since this was begun. */
function lineOf({ doing, done, total, rejected }: Progress, seconds: number): string {
  const count = (value: number) => Math.round(value).toLocaleString('en');
  const rate = seconds > 0 ? `, ${count(done / seconds)} orgs/s` : '';
  return `${doing} ${count(done)}${total === undefined ? '' : ` of ${count(total)}`} orgs${rate}, ${count(rejected)} rejected`;
}
