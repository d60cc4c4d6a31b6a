/** One attempt to deliver an event to an endpoint: the same code for fan-out and for deliver. */
import type { Attempt } from './delivery.ts';
import type { Endpoint } from './endpoint.ts';
import type { EventRecord, Payload } from './event.ts';
import { forwardRequest } from './forward.ts';
import type { SendingRelay } from './relay.ts';

const ANSWER_LIMIT_BYTES = 512;

/** Sends once and says how it went. Never rejects: that an endpoint fails is a result like any other. */
export async function attempt(
  relay: SendingRelay,
  endpoint: Endpoint,
  event: EventRecord,
  payload: Payload,
): Promise<Attempt> {
  const at = relay.clock.now();
  const startedMs = relay.clock.monotonicMs();
  const result = await relay.sender.post(forwardRequest(endpoint, event, payload, at));
  const durationMs = Math.round(relay.clock.monotonicMs() - startedMs);
  const made: Attempt =
    result.kind === 'answer'
      ? { at, durationMs, status: result.status, answer: beginningOf(result.text) }
      : { at, durationMs, error: result.error };
  relay.telemetry.count(succeeded(made) ? 'DeliveriesDelivered' : 'DeliveriesFailedAttempts');
  return made;
}

/** Success is 2xx. A redirect is a failure like any other: it is never followed. */
export function succeeded(made: Attempt): boolean {
  return made.status !== undefined && made.status >= 200 && made.status <= 299;
}

function beginningOf(text: string): string {
  const bytes = Buffer.from(text).subarray(0, ANSWER_LIMIT_BYTES);
  // A character cut in two at the limit is left out.
  return new TextDecoder().decode(bytes, { stream: true });
}
