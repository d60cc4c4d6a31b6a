/** Logs and metrics. */
import type { Metric } from '../../contract/metrics.ts';

export type { Metric };

export type LogFields = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** Structured logs and metrics. Callers never pass a secret, a payload or an address. */
export interface Telemetry {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  /** Logs a failure of the relay's own work that is survived, and counts it in `WorkFailures`. */
  error(message: string, error: unknown, fields?: LogFields): void;
  /** Adds to a counter, and to `Problems` if the metric is one that needs a person. No metric has an endpoint or an order as a dimension, because CloudWatch bills each one. */
  count(metric: Metric, value?: number): void;
}
