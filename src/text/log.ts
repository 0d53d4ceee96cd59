import { pino } from 'pino';
import { printable } from './printable.ts';
import type { Redactions } from './redactions.ts';

/** Fields of a log line. Messages are constant and fields vary, so that lines can be searched. */
export interface LogFields {
  readonly org?: string;
  readonly step?: string;
  readonly action?: string;
  readonly [field: string]: unknown;
}

export interface Log {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A log that adds these fields to every line. */
  with(fields: LogFields): Log;
}

export interface LogSettings {
  /** `json`: one JSON object a line, for a cluster; `text`: for a terminal. */
  readonly format: 'json' | 'text';
  readonly write: (line: string) => void;
  readonly redactions: Redactions;
}

/** Creates a log. Its lines show no secret that the redactions know. */
export function createLog({ format, write, redactions }: LogSettings): Log {
  const destination = {
    write: (line: string) => write(redactions.apply(format === 'json' ? line : asText(line))),
  };
  return over(
    pino(
      { base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (level) => ({ level }) } },
      destination,
    ),
  );
}

function over(logger: pino.Logger): Log {
  return {
    info: (message, fields = {}) => logger.info(fields, message),
    warn: (message, fields = {}) => logger.warn(fields, message),
    error: (message, fields = {}) => logger.error(fields, message),
    with: (fields) => over(logger.child(fields)),
  };
}

/** `12:30:01 acme  secret: created the Secret (name=lakekeeper-acme)` */
function asText(line: string): string {
  const { level, time, msg, org, step, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const fields = Object.entries(rest).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const parts = [
    String(time).slice(11, 19),
    ...(level === 'info' ? [] : [`${level}:`]),
    ...(org === undefined ? [] : [String(org)]),
    ...(step === undefined ? [] : [`${step}:`]),
    String(msg),
    ...(fields.length === 0 ? [] : [`(${fields.join(', ')})`]),
  ];
  return `${printable(parts.join(' '))}\n`;
}
