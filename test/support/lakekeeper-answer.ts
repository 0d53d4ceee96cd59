import { randomUUID } from 'node:crypto';

/** Id of the default project, where nothing else is set. */
export const nilProject = '00000000-0000-0000-0000-000000000000';

/** What the stand-in for Lakekeeper answers with. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  /** Plain text, as the web framework under the server answers. */
  readonly text?: string;
  readonly headers?: Record<string, string>;
}

/** The server's error object. @param context what it was at, first in the stack. */
export function error(status: number, type: string, message: string, ...context: string[]): Answer {
  const stack = [...context, `Error ID: ${randomUUID()}`];
  return { status, body: { error: { message, type, code: status, stack } } };
}

/** A body that does not become what is asked for. Where in the body it is, the real server says too. */
export function undecodable(what: string): Answer {
  const text = `Failed to deserialize the JSON body into the target type: ${what} at line 1 column 1`;
  return { status: 422, text };
}

export function object(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? { ...value } : undefined;
}
