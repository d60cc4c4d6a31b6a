/** Sets up logs, metrics and tables, once per execution environment. */
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { systemClock } from '../../node/system-clock.ts';
import { Config } from '../../relay/config.ts';
import type { Random } from '../../relay/model/clock.ts';
import type { Telemetry } from '../../relay/ports/telemetry.ts';
import { CLIENT_LIMITS, dynamoDbClient } from '../clients.ts';
import { DynamoConfigTable } from '../dynamodb/config-table.ts';
import { DynamoEventLog } from '../dynamodb/event-log.ts';
import { PowertoolsTelemetry } from './telemetry.ts';

const logger = new Logger();
// By default Powertools warns when an invocation counts nothing. Most sweeps find nothing to count.
const metrics = new Metrics({ logger: { ...console, warn: () => {} } });

/** The event contains the token and customers' addresses. This overrides POWERTOOLS_LOGGER_LOG_EVENT. */
const NEVER_THE_EVENT = { logEvent: false };

export const telemetry: Telemetry = new PowertoolsTelemetry(logger, metrics);
export const clock = systemClock;
export const random: Random = Math.random;

export interface TablesEnvironment {
  readonly EVENT_LOG_TABLE: string;
  readonly CONFIG_TABLE: string;
  readonly RETENTION_DAYS?: number;
  readonly PAYLOAD_RETENTION_DAYS?: number;
}

/** Opens the two tables under the names that the stack set in the environment. */
export function openTables(environment: TablesEnvironment, limits: typeof CLIENT_LIMITS = CLIENT_LIMITS) {
  const client = dynamoDbClient(limits);
  return {
    eventLog: new DynamoEventLog({
      client,
      clock,
      telemetry,
      tableName: environment.EVENT_LOG_TABLE,
      ...(environment.RETENTION_DAYS !== undefined && { retentionDays: environment.RETENTION_DAYS }),
      ...(environment.PAYLOAD_RETENTION_DAYS !== undefined && {
        payloadRetentionDays: environment.PAYLOAD_RETENTION_DAYS,
      }),
    }),
    config: new Config(
      new DynamoConfigTable({ client, tableName: environment.CONFIG_TABLE }),
      clock,
      telemetry,
    ),
  };
}

/** Wraps a handler: its logs contain the request id, and its metrics are written when it ends. A failure is counted. */
export function lambdaHandler<Event, Result>(handle: (event: Event, context: Context) => Promise<Result>) {
  return middy<Event, Result>()
    .use(injectLambdaContext(logger, NEVER_THE_EVENT))
    .use(logMetrics(metrics))
    .handler(async (event: Event, context: Context) => {
      try {
        return await handle(event, context);
      } catch (error) {
        telemetry.error('function failed', error);
        throw error;
      }
    });
}
