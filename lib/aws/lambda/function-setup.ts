/** Sets up logs, metrics and traces, once per execution environment. */
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { TRACES_VARIABLE } from '../../contract/environment.ts';
import { systemClock } from '../../node/system-clock.ts';
import type { Random } from '../../relay/model/clock.ts';
import type { Telemetry } from '../../relay/ports/telemetry.ts';
import type { Traces } from '../../relay/ports/traces.ts';
import { PowertoolsTelemetry } from './telemetry.ts';

const logger = new Logger();
// By default Powertools warns when an invocation counts nothing. Most sweeps find nothing to count.
const metrics = new Metrics({ logger: { ...console, warn: () => {} } });

/** The event contains the token and customers' addresses. This overrides POWERTOOLS_LOGGER_LOG_EVENT. */
const NEVER_THE_EVENT = { logEvent: false };

export const telemetry: Telemetry = new PowertoolsTelemetry(logger, metrics);
// Without a schema, which each cold start would have to build.
const xRay = process.env[TRACES_VARIABLE] === 'x-ray' ? await openXRay() : undefined;
export const traces: Traces | undefined = xRay;
export const clock = systemClock;
export const random: Random = Math.random;

/**
 * Wraps a handler: its logs contain the request id, and its metrics and traces are written when it ends. A failure is
 * counted.
 */
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
      } finally {
        await sendTraces();
      }
    });
}

/** Loaded only for a deployment with traces. */
async function openXRay() {
  const { XRayTraces } = await import('./xray-traces.ts');
  return new XRayTraces();
}

async function sendTraces(): Promise<void> {
  try {
    await xRay?.flush();
  } catch (error) {
    // The work is done, and must not be repeated for a trace.
    telemetry.warn('events could not be added to the trace', { reason: String(error) });
  }
}
