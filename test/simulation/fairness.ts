/** A healthy endpoint does not notice that others fail. */
import { ENDPOINT_IDS, WELL } from './endpoints.ts';
import { isAccepted, isOlder } from './real-order.ts';
import type { RunWorld } from './run-world.ts';

/** The longest that one event's fan-out takes: others have five seconds to answer inline. */
const EVENT_TAKES_MS = 6_000;
/** Messages to fan-out, and to deliver when the order's events come too fast for inline attempts. */
const WAKING_TAKES_MS = 8_000;

/** In a run in which endpoints alone fail, a healthy and proven one gets its first attempts in time. */
export function checkFairness(world: RunWorld): void {
  const { weather, hub, receivers, fail } = world;
  if (weather !== 'bad endpoints') return;
  const accepted = hub.webhooks.filter(isAccepted);
  for (const webhook of accepted) {
    const { eventId, atMs } = webhook.accepted;
    const ahead = accepted.filter((other) => other.orderId === webhook.orderId && !isOlder(webhook, other));
    const limitMs = WAKING_TAKES_MS + ahead.length * EVENT_TAKES_MS;
    for (const endpointId of ENDPOINT_IDS.filter((id) => WELL.has(id))) {
      const first = receivers.sent.find((sent) => sent.endpointId === endpointId && sent.eventId === eventId);
      const waitedMs = (first?.startedAtMs ?? Number.POSITIVE_INFINITY) - atMs;
      if (first && waitedMs > limitMs)
        fail(
          `${endpointId} got ${eventId} after ${(waitedMs / 1000).toFixed(1)} s, with ${ahead.length} ahead`,
        );
    }
  }
}
