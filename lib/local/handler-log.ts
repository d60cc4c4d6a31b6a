/** What the functions write, as a person at a terminal wants to see it, and as a file keeps it. */
import { appendFileSync } from 'node:fs';
import { z } from 'zod';

export interface HandlerLogOptions {
  /** Gets warnings and errors, each as one readable line. */
  readonly show?: (line: string) => void;
  /** Gets every line as it came, metrics included, as JSON lines. */
  readonly file?: string;
}

/** Takes a line that a function wrote. */
export type HandlerLog = (functionName: string, line: string) => void;

/** The form of Powertools' logger, and of Lambda's own JSON lines. */
const entrySchema = z.looseObject({ level: z.string(), message: z.unknown() });

/** What every line of Powertools says, of which nothing tells a person what happened. */
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
  return (functionName, line) => {
    const at = new Date();
    if (file !== undefined) {
      appendFileSync(
        file,
        `${JSON.stringify({ at, function: functionName, line: parseJson(line) ?? line })}\n`,
      );
    }
    const readable = readableLine(line);
    if (readable !== undefined) show(`${at.toTimeString().slice(0, 8)} ${functionName} ${readable}`);
  };
}

/** `WARN messages come back late messages=3`; nothing for what is no cause for concern. */
function readableLine(line: string): string | undefined {
  const json = parseJson(line);
  // What is no JSON at all is Node's own: a deprecation, or the stack of something that nobody caught.
  if (json === undefined) return `WARN ${line}`;
  const entry = entrySchema.safeParse(json);
  if (!entry.success || !['WARN', 'ERROR', 'CRITICAL'].includes(entry.data.level)) return undefined;
  const fields = Object.entries(entry.data)
    .filter(([name]) => !BOILERPLATE.has(name))
    .map(([name, value]) => `${name}=${readableValue(value)}`);
  return [entry.data.level, String(entry.data.message), ...fields].join(' ');
}

/** An error's message; its stack is in the file. */
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
