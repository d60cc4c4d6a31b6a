/** The Telemetry port in memory: keeps what was said, for a test to read. */
import { countedWith } from '../../lib/contract/metrics.ts';
import type { LogFields, Metric, Telemetry } from '../../lib/relay/ports/telemetry.ts';

export interface LogEntry {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: LogFields;
  readonly error?: unknown;
}

export class MemoryTelemetry implements Telemetry {
  readonly log: LogEntry[] = [];
  readonly counts = new Map<Metric, number>();

  info(message: string, fields: LogFields = {}): void {
    this.log.push({ level: 'info', message, fields });
  }

  warn(message: string, fields: LogFields = {}): void {
    this.log.push({ level: 'warn', message, fields });
  }

  error(message: string, error: unknown, fields: LogFields = {}): void {
    this.log.push({ level: 'error', message, fields, error });
    this.count('WorkFailures');
  }

  count(metric: Metric, value = 1): void {
    for (const counted of countedWith(metric))
      this.counts.set(counted, (this.counts.get(counted) ?? 0) + value);
  }
}
