/** Shows the functions' warnings and errors on the terminal, and writes their full log to a file. */
import { appendFileSync } from 'node:fs';
import { z } from 'zod';
import { printableText } from '../relay/model/printable.ts';

export interface HandlerLogOptions {
  /** Receives each warning and error as one readable line. */
  readonly show?: (line: string) => void;
  /** Receives every line, metrics included, as JSON lines. */
  readonly file?: string;
}

/** Receives a line that a function wrote. */
export type HandlerLog = (functionName: string, line: string) => void;

/** A JSON log line of Powertools or Lambda. */
const entrySchema = z.looseObject({ level: z.string(), message: z.unknown() });

/** Fields in every line of Powertools that do not describe the event. */
const BOILERPLATE = new Set([
  'level',
  'message',
  'timestamp',
  'service',
  'cold_start',
  'function_arn',
  'function_memory_size',
  'function_name',
  'function_request_id',
  'sampling_rate',
  'xray_trace_id',
]);

export function handlerLog({ show = () => {}, file }: HandlerLogOptions): HandlerLog {
  const append = file === undefined ? () => {} : fileAppender(file, show);
  return (functionName, line) => {
    const at = new Date();
    append(`${JSON.stringify({ at, function: functionName, line: parseJson(line) ?? line })}\n`);
    const readable = readableLine(line);
    if (readable !== undefined)
      show(printableText(`${at.toTimeString().slice(0, 8)} ${functionName} ${readable}`));
  };
}

/** A log that cannot be written, such as on a full disk, must not end the relay. It is reported once. */
function fileAppender(file: string, show: (line: string) => void): (text: string) => void {
  let isReported = false;
  return (text) => {
    try {
      appendFileSync(file, text);
    } catch (error) {
      if (!isReported) show(printableText(`WARN the log cannot be written: ${reasonOf(error)}`));
      isReported = true;
    }
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** `WARN messages come back late messages=3`; undefined for lower levels. */
function readableLine(line: string): string | undefined {
  const json = parseJson(line);
  // A line that is not JSON comes from Node: a deprecation warning, or the stack of an uncaught error.
  if (json === undefined) return `WARN ${line}`;
  const entry = entrySchema.safeParse(json);
  if (!entry.success || !['WARN', 'ERROR', 'CRITICAL'].includes(entry.data.level)) return undefined;
  const fields = Object.entries(entry.data)
    .filter(([name]) => !BOILERPLATE.has(name))
    .map(([name, value]) => `${name}=${readableValue(value)}`);
  return [entry.data.level, String(entry.data.message), ...fields].join(' ');
}

/** The message of an error. The file has its stack. */
function readableValue(value: unknown): string {
  if (typeof value === 'string') return value.split('\n')[0] ?? '';
  const error = z.looseObject({ name: z.string(), message: z.string() }).safeParse(value);
  return error.success ? `${error.data.name}: ${error.data.message}` : JSON.stringify(value);
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
