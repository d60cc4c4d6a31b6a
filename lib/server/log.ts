/** The Telemetry port of a relay on one machine: a log of lines, and metrics that are counted in memory. */
import { countedWith, type Metric } from '../contract/metrics.ts';
import { loggableError } from '../node/loggable-error.ts';
import { printableText } from '../relay/model/printable.ts';
import type { LogFields, Telemetry } from '../relay/ports/telemetry.ts';
import { RepeatedErrors } from './repeated-errors.ts';

/** `text` for people at a terminal, without what went well; `json` for a log collector, one object a line. */
export type LogFormat = 'text' | 'json';

type Level = 'info' | 'warn' | 'error';

export interface LogOptions {
  readonly format: LogFormat;
  readonly now: () => Date;
  /** Receives a line with its line end. */
  readonly write: (line: string) => void;
}

export class Log implements Telemetry {
  readonly #options: LogOptions;
  readonly #counts = new Map<Metric, number>();
  readonly #repeated = new RepeatedErrors();

  constructor(options: LogOptions) {
    this.#options = options;
  }

  info(message: string, fields: LogFields = {}): void {
    if (this.#options.format === 'json') this.#write('info', message, fields);
  }

  warn(message: string, fields: LogFields = {}): void {
    this.#write('warn', message, fields);
  }

  error(message: string, error: unknown, fields: LogFields = {}): void {
    this.count('WorkFailures');
    const loggable = loggableError(error);
    this.#writeOmitted();
    if (this.#repeated.allows(message, loggable)) this.#writeLine('error', message, fields, loggable);
  }

  /** Since the start of the process. */
  count(metric: Metric, value = 1): void {
    for (const counted of countedWith(metric))
      this.#counts.set(counted, (this.#counts.get(counted) ?? 0) + value);
  }

  get counts(): ReadonlyMap<Metric, number> {
    return this.#counts;
  }

  #write(level: Level, message: string, fields: LogFields): void {
    this.#writeOmitted();
    this.#writeLine(level, message, fields);
  }

  #writeOmitted(): void {
    for (const { message, error, omitted } of this.#repeated.takeOmitted(this.#options.now()))
      this.#writeLine('error', message, { omitted }, error);
  }

  #writeLine(level: Level, message: string, fields: LogFields, error?: Error): void {
    const { format, now, write } = this.#options;
    const lineOf = format === 'json' ? jsonLine : textLine;
    write(`${lineOf(now(), level, message, fields, error)}\n`);
  }
}

function jsonLine(at: Date, level: Level, message: string, fields: LogFields, error?: Error): string {
  return JSON.stringify({ at, level, message, ...fields, ...(error && { error: describe(error) }) });
}

/** `09:30:12 WARN endpoint is failing endpointId=erp` */
function textLine(at: Date, level: Level, message: string, fields: LogFields, error?: Error): string {
  const values = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
  const reason = error === undefined ? [] : [reasonOf(error)];
  const words = [at.toTimeString().slice(0, 8), level.toUpperCase(), message, ...values, ...reason];
  return printableText(words.join(' '));
}

/** The message of an error, and those of its causes. */
function reasonOf(error: Error): string {
  const { message, cause } = error;
  const own = `(${message})`;
  return cause instanceof Error && !message.includes(cause.message) ? `${own} ${reasonOf(cause)}` : own;
}

function describe({ name, message, stack, cause, ...rest }: Error): object {
  return { name, message, stack, ...rest, ...(cause instanceof Error && { cause: describe(cause) }) };
}
