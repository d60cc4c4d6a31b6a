/** The Telemetry port over AWS Lambda Powertools: structured logs, and metrics in CloudWatch's embedded format. */
import type { Logger } from '@aws-lambda-powertools/logger';
import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { countedWith } from '../../contract/metrics.ts';
import { loggableError } from '../../node/loggable-error.ts';
import type { LogFields, Metric, Telemetry } from '../../relay/ports/telemetry.ts';
import { withSourcePositions } from './source-positions.ts';

export class PowertoolsTelemetry implements Telemetry {
  readonly #logger: Logger;
  readonly #metrics: Metrics;

  constructor(logger: Logger, metrics: Metrics) {
    this.#logger = logger;
    this.#metrics = metrics;
  }

  info(message: string, fields: LogFields = {}): void {
    this.#logger.info(message, { ...fields });
  }

  warn(message: string, fields: LogFields = {}): void {
    this.#logger.warn(message, { ...fields });
  }

  error(message: string, error: unknown, fields: LogFields = {}): void {
    this.#logger.error(message, { ...fields, error: loggableError(error, withSourcePositions) });
    this.count('WorkFailures');
  }

  count(metric: Metric, value = 1): void {
    const unit = metric === 'OldestOwedSeconds' ? MetricUnit.Seconds : MetricUnit.Count;
    for (const counted of countedWith(metric)) this.#metrics.addMetric(counted, unit, value);
  }
}
