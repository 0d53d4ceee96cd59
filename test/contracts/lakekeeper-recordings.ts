import { readdirSync, readFileSync } from 'node:fs';

/** What the real server 0.13.3 was recorded to answer, as data (`recordings/lakekeeper`). */
export interface Recording {
  /** In which state the server was. */
  readonly about: string;
  readonly exchanges: readonly Exchange[];
}

export interface Exchange {
  readonly name: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly authorization?: string;
    /** An object is JSON, a string is the body itself. */
    readonly body?: unknown;
  };
  readonly response: { readonly status: number; readonly contentType?: string; readonly body?: unknown };
}

/** A request of the recorded sequence, and what is kept of its answer. */
export interface SequenceStep {
  readonly name: string;
  readonly method: string;
  /** `{id}` is the id of the warehouse that the step `create` makes. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** A body that is no JSON. */
  readonly text?: string;
  readonly answer: SequenceAnswer;
}

export interface SequenceAnswer {
  readonly status: number;
  /** Of the error object. */
  readonly type?: string;
  readonly contentType?: string;
  readonly hasContentLength: boolean;
  /** Cut at 160 characters. */
  readonly text?: string;
  readonly fields?: readonly string[];
  readonly errorFields?: readonly string[];
  readonly profileFields?: readonly string[];
}

const folder = new URL('recordings/lakekeeper/', import.meta.url);

/** By the name of their files, without `.json`. */
export function lakekeeperRecordings(): Record<string, Recording> {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json') && file !== 'sequence.json');
  return Object.fromEntries(
    files.map((file) => [
      file.slice(0, -'.json'.length),
      JSON.parse(readFileSync(new URL(file, folder), 'utf8')),
    ]),
  );
}

export function recordedExchanges(): Exchange[] {
  return Object.values(lakekeeperRecordings()).flatMap(({ exchanges }) => exchanges);
}

export function recordedSequence(): SequenceStep[] {
  return JSON.parse(readFileSync(new URL('sequence.json', folder), 'utf8')).requests;
}
