/** The order of webhooks in real time, which the endpoints' users see, against the order of their ids, which the relay sees. */
import type { Webhook } from './hub.ts';
import type { RunWorld } from './run-world.ts';

/** The most that the clocks of two functions differ by. */
const CLOCKS_DIFFER_MS = 2_000;

type Accepted = Webhook & { readonly accepted: NonNullable<Webhook['accepted']> };

export function isAccepted(webhook: Webhook): webhook is Accepted {
  return webhook.accepted !== undefined;
}

/** True when the first was answered 2xx before the second was sent: then the second is newer. */
export function isOlder(first: Accepted, second: Accepted): boolean {
  return first.orderId === second.orderId && first.accepted.atMs <= second.sentAtMs;
}

/**
 * True when the ids of two webhooks may contradict their real order. That is documented for two that are less than two
 * seconds apart, if nobody could read the first when the id of the second was made: the first was accepted by the queue
 * alone, or the read of the order's newest id failed.
 */
export function mayIdsContradict(older: Accepted, newer: Accepted): boolean {
  const apartMs = newer.sentAtMs - older.accepted.atMs;
  return apartMs < CLOCKS_DIFFER_MS && (older.accepted.byQueue || !newer.accepted.readNewestId);
}

/** Ids follow real order, but for the documented exceptions. */
export function checkIdsInOrder({ hub, fail }: RunWorld): void {
  const accepted = hub.webhooks.filter(isAccepted);
  for (const older of accepted) {
    for (const newer of accepted) {
      if (!isOlder(older, newer) || mayIdsContradict(older, newer)) continue;
      if (older.accepted.eventId >= newer.accepted.eventId)
        fail(`${newer.accepted.eventId} was sent after ${older.accepted.eventId} was answered`);
    }
  }
}
