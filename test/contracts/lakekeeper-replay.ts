import type { Exchange, SequenceAnswer, SequenceStep } from './lakekeeper-recordings.ts';

/** Asks a server what the real one was recorded to answer, and says what differs. */

export interface Difference {
  readonly name: string;
  /** `status: 404 -> 400`: recorded, and seen now. */
  readonly differences: readonly string[];
}

interface Seen {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly hasContentLength: boolean;
  readonly text: string;
  /** Undefined when it is no JSON. */
  readonly content: unknown;
}

/** Sends the recorded sequence, in its order. */
export async function replaySequence(url: string, steps: readonly SequenceStep[]): Promise<Difference[]> {
  const found: Difference[] = [];
  let id = '';
  for (const { name, method, path, headers, body, text, answer } of steps) {
    const seen = await ask(url, { method, path: path.replace('{id}', id), body: text ?? body }, headers);
    if (name === 'create') id = String(fieldsOf(seen.content)['warehouse-id']);
    const now = summary(seen, answer);
    const differences = [...new Set([...Object.keys(answer), ...Object.keys(now)])].flatMap((field) =>
      difference(field, answer[field as keyof SequenceAnswer], now[field as keyof SequenceAnswer]),
    );
    if (differences.length > 0) found.push({ name, differences });
  }
  return found;
}

/** @param answer decides which fields of the answer are looked at. */
function summary({ status, contentType, hasContentLength, text, content }: Seen, answer: SequenceAnswer) {
  const { error } = fieldsOf(content) as { error?: Record<string, unknown> };
  const isObject = typeof content === 'object' && content !== null;
  const profile = fieldsOf(content)['storage-profile'];
  return {
    status,
    ...(error && { type: String(error.type) }),
    ...(contentType && { contentType }),
    hasContentLength,
    ...(content === undefined && text !== '' && { text: masked(text.slice(0, answer.text?.length ?? 160)) }),
    ...(isObject && !error && { fields: Object.keys(content).sort() }),
    ...(error && { errorFields: Object.keys(error).sort() }),
    ...(answer.profileFields && { profileFields: Object.keys(fieldsOf(profile)).sort() }),
  } satisfies SequenceAnswer;
}

/**
 * Sends the recorded exchanges, in their order; ids of warehouses are those that this server gives.
 *
 * @param before called before an exchange: what was done to the server when it was recorded.
 */
export async function replayExchanges(
  url: string,
  exchanges: readonly Exchange[],
  before: (name: string) => unknown = () => {},
): Promise<Difference[]> {
  const found: Difference[] = [];
  const ids = new Map<string, string>();
  for (const { name, request, response } of exchanges) {
    await before(name);
    let path = request.path;
    for (const [recorded, here] of ids) path = path.replace(recorded, here);
    const { authorization } = request;
    const seen = await ask(url, { ...request, path }, authorization ? { authorization } : {});
    const recordedId = fieldsOf(response.body)['warehouse-id'];
    const hereId = fieldsOf(seen.content)['warehouse-id'];
    if (typeof recordedId === 'string' && typeof hereId === 'string') ids.set(recordedId, hereId);
    const differences = [
      ...difference('status', response.status, seen.status),
      ...difference('content type', response.contentType, seen.contentType),
      ...compared('', response.body ?? '', seen.content ?? seen.text),
    ];
    if (differences.length > 0) found.push({ name, differences });
  }
  return found;
}

async function ask(
  url: string,
  { method, path, body }: { readonly method: string; readonly path: string; readonly body?: unknown },
  headers: Readonly<Record<string, string>> = {},
): Promise<Seen> {
  const response = await fetch(`${url}${path}`, {
    method,
    // The recorded requests asked for no compression.
    headers: {
      'accept-encoding': 'identity',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    contentType: response.headers.get('content-type') ?? undefined,
    hasContentLength: response.headers.has('content-length'),
    text,
    content: parseJSON(text),
  };
}

/** What differs, by the path of the field. */
function compared(path: string, recorded: unknown, seen: unknown): string[] {
  if (isRecord(recorded) && isRecord(seen))
    return [...new Set([...Object.keys(recorded), ...Object.keys(seen)])].flatMap((field) =>
      compared(path === '' ? field : `${path}.${field}`, recorded[field], seen[field]),
    );
  if (Array.isArray(recorded) && Array.isArray(seen) && recorded.length === seen.length)
    return recorded.flatMap((one, i) => compared(`${path}[${i}]`, one, seen[i]));
  return difference(path || 'text', recorded, seen);
}

function difference(field: string, recorded: unknown, seen: unknown): string[] {
  const [was, is] = [recorded, seen].map((value) => masked(JSON.stringify(value) ?? 'none'));
  return was === is ? [] : [`${field}: ${was} -> ${is}`];
}

/** Without what is another one each time. */
function masked(text: string): string {
  return text
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => (/^[01-]+$/.test(id) ? id : 'ID'))
    .replace(/\d{4}-\d{2}-\d{2}T[\d:.]+Z/g, 'TIME')
    .replace(/^\d{13}$/, 'TIME')
    .replace(/http:\/\/[\w.:-]+\/catalog/g, 'BASE/catalog')
    .replace(/at line \d+ column \d+/g, 'at LINE COLUMN')
    .replace(/at line \d+"/g, 'at LINE"');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

function parseJSON(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
