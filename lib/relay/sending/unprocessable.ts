/** An attempt that the relay itself failed to make. */
import type { SendingContext } from '../context.ts';
import type { Attempt, Delivery } from '../model/delivery.ts';

/** Logs the error. The attempt counts, so it is not repeated for ever. */
export function unprocessable(context: SendingContext, delivery: Delivery, error: unknown): Attempt {
  const { eventId, endpointId } = delivery;
  context.telemetry.error('delivery could not be processed', error, { eventId, endpointId });
  const name = error instanceof Error ? error.name : 'unknown error';
  return {
    at: context.clock.now(),
    durationMs: 0,
    error: `could not be processed: ${name}`,
    unsent: true,
    internalError: true,
  };
}
