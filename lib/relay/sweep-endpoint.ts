/** What sweep does about the work that is owed to one endpoint, by the endpoint's health. */
import { after } from './clock.ts';
import { attentionOf } from './delivery.ts';
import type { Endpoint } from './endpoint.ts';
import {
  closing,
  type Health,
  isQuick,
  recoveringOn,
  startingToRecover,
  takingProbe,
  wakesNow,
} from './health.ts';
import type { EndpointId } from './ids.ts';
import type { SweepRelay } from './relay.ts';
import { ANY_TIME, LIST_LIMIT, reportOverdue, wakeAgain, wakeOverdue, wakeToEnd } from './wake-overdue.ts';

/** More than this is no chance loss of messages, but a pause or an outage, and is drained as one. */
const BACKLOG = 10;
/** A health row outlives its endpoint by this: whoever read the config before may still be writing a delivery. */
const GONE_FOR_MS = 10 * 60_000;

/** @param endpoint its row; absent when it was removed */
export async function sweepEndpoint(
  relay: SweepRelay,
  id: EndpointId,
  endpoint: Endpoint | undefined,
): Promise<void> {
  const health = relay.config.health.of(id);
  if (endpoint === undefined) return sweepRemoved(relay, id);
  if (relay.config.health.row(id).goneSince !== undefined) await relay.config.health.setGoneSince(id, null);
  // Deliver cancels it, however long the next attempt may be away.
  if (endpoint.state === 'off' || health.state === 'disabled') {
    await wakeToEnd(relay, id);
    return;
  }
  if (endpoint.state === 'paused') return;
  switch (health.state) {
    case 'closed':
      return sweepClosed(relay, endpoint, health);
    case 'open':
      return probe(relay, id, health);
    case 'recovering':
      return drain(relay, endpoint, health);
  }
}

/** What was only forgotten is woken; a backlog goes little by little. */
async function sweepClosed(relay: SweepRelay, endpoint: Endpoint, health: Health): Promise<void> {
  const now = relay.clock.now();
  const overdue = await relay.eventLog.owed(endpoint.id, now, BACKLOG + 1);
  reportOverdue(relay, endpoint.id, overdue);
  // One that is not quick is worked for by one invocation at a time, each waking the next: no more is needed.
  if (overdue.length <= BACKLOG || !isQuick(health)) return wakeAgain(relay, overdue.slice(0, BACKLOG), now);
  await relay.config.health.change(endpoint.id, (current) =>
    current.state === 'closed' ? startingToRecover(current, 'it has a backlog') : undefined,
  );
  return drain(relay, endpoint, startingToRecover(health, ''));
}

/** One, and a different one each time: a poisonous payload must not keep the circuit open for ever. */
async function probe(relay: SweepRelay, id: EndpointId, health: Health): Promise<void> {
  const now = relay.clock.now();
  if (takingProbe(health, now) === undefined) return;
  const owed = await relay.eventLog.owed(id, now, LIST_LIMIT);
  const chosen = owed[Math.floor(relay.random() * owed.length)];
  if (chosen !== undefined) await wakeAgain(relay, [chosen], now);
}

/** Twice as much as in the last minute, oldest first, until less is left than may go. */
async function drain(relay: SweepRelay, { id, rateLimitPerSecond }: Endpoint, health: Health): Promise<void> {
  const perMinute = Math.ceil((rateLimitPerSecond ?? Number.POSITIVE_INFINITY) * 60);
  const wakes = Math.min(wakesNow(health), perMinute);
  const woken = (await wakeOverdue(relay, id, wakes)).length;
  await relay.config.health.change(id, (current) => {
    if (current.state !== 'recovering') return undefined;
    return woken < wakes ? closing(current) : recoveringOn(current);
  });
}

/** Its deliveries are cancelled; when nothing is left that anyone might look for, its health row goes, too. */
async function sweepRemoved(relay: SweepRelay, id: EndpointId): Promise<void> {
  const owed = await wakeToEnd(relay, id);
  const now = relay.clock.now();
  const isOwed = owed.length > 0 || (await relay.eventLog.owed(attentionOf(id), ANY_TIME, 1)).length > 0;
  const { goneSince } = relay.config.health.row(id);
  if (isOwed) {
    if (goneSince !== undefined) await relay.config.health.setGoneSince(id, null);
  } else if (goneSince === undefined) await relay.config.health.setGoneSince(id, now);
  else if (after(goneSince, GONE_FOR_MS) <= now) await relay.config.health.remove(id);
}
