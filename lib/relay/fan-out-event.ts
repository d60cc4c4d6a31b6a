/** Fans one event out: first attempts at once and inline, a row for every delivery that outlives them. */
import { admissionOf } from './admission.ts';
import { attempt } from './attempt.ts';
import { type Change, changesBetween } from './changes.ts';
import { after } from './clock.ts';
import type { Delivery } from './delivery.ts';
import { type Endpoint, isMeantFor } from './endpoint.ts';
import { type EventRecord, type Outcomes, PAYLOAD_ERASED, PAYLOAD_GONE, type Payload } from './event.ts';
import type { ToldEvent } from './expression-input.ts';
import type { OwedEvent } from './fan-out-backlog.ts';
import { aliasKeyOf, type EndpointId, isOwn, TESTS } from './ids.ts';
import { isBeforeUndecided, type OrderView, takeTurn } from './ordering.ts';
import { outcomeOf } from './outcome.ts';
import type { SendingRelay } from './relay.ts';
import {
  afterAttempt,
  afterCutShort,
  behind,
  changed,
  debounced,
  held,
  leftToDeliver,
  newDelivery,
  resting,
  settling,
  undecided,
  wakeUp,
  withoutRow,
} from './transition.ts';
import { hasWhatItSays, sameAsBefore, UNCHANGED } from './unchanged.ts';
import { wake } from './wake.ts';
import { FILTERED, wants } from './wants.ts';

/**
 * The whole batch waits for an inline attempt, and an endpoint that has always been quick may hang all of a sudden: it is
 * given no longer than this, and then goes by deliver, which gives it all the time that it asks for.
 */
const INLINE_LIMIT_SECONDS = 5;

/** Rejects when the store fails; what was sent by then may be sent again. */
export async function fanOutEvent(
  relay: SendingRelay,
  { event, first, before, newer, newerMayBeSent, mayBeSent, itemsBefore }: OwedEvent,
): Promise<void> {
  const [payload, rows, endpoints] = await Promise.all([
    relay.eventLog.payload(event),
    relay.eventLog.deliveries(event.orderKey),
    // Who tries an endpoint out has often only just added it.
    relay.config.endpoints(event.source === TESTS),
    first && writeAlias(relay, event),
  ]);
  const existing = ofEvent(rows, event);
  const subscribed = endpoints.valid.filter(({ state, id }) => state !== 'off' && !existing.has(id));
  const hearing = subscribed.filter((endpoint) => isMeantFor(endpoint, event));
  const invalid = endpoints.invalid.filter(({ id }) => !existing.has(id) && !isOwn(event.orderKey));
  if (payload === undefined || event.forgottenAt !== undefined) {
    const ids = [...hearing, ...invalid].map(({ id }) => id);
    return finishWithoutPayload(relay, event, ids, [...existing.values()]);
  }
  const changes = event.items === undefined ? [] : changesBetween(itemsBefore, event.items);
  const mayBeOldNews = before && changes.length === 0 && hearing.some(({ skipUnchanged }) => skipUnchanged);
  const same = mayBeOldNews ? await sameAsBefore(relay, payload, before) : undefined;
  const view = { rows, newer, newerMayBeSent, same };
  const fresh = await Promise.all([
    ...hearing.map((endpoint) => firstDelivery(relay, endpoint, { ...event, changes }, payload, view)),
    ...invalid.map(({ id }) => held(undecided(newDelivery(event, id, relay.clock.now())), 'invalid config')),
  ]);
  // An earlier run that died may have left rows: they decide, and nothing is sent again.
  const known = mayBeSent ? fresh.map((each) => ({ ...each, mayHaveArrivedAt: event.receivedAt })) : fresh;
  const deliveries = [...existing.values(), ...(await writeRows(relay, event, known))];
  await finish(relay, event, changes, deliveries);
}

function ofEvent(rows: readonly Delivery[], { eventId }: EventRecord): Map<string, Delivery> {
  return new Map(rows.filter((row) => row.eventId === eventId).map((row) => [row.endpointId, row]));
}

/** People know an order by its nice id. */
async function writeAlias(relay: SendingRelay, event: EventRecord): Promise<void> {
  if (event.niceId === undefined) return;
  await relay.eventLog.putAlias(aliasKeyOf(event.source, event.niceId), event.orderKey);
}

/** Nothing can be sent. Of an order that was forgotten nobody needs to know; anything else is left to a person. */
async function finishWithoutPayload(
  relay: SendingRelay,
  event: EventRecord,
  endpointIds: readonly EndpointId[],
  existing: readonly Delivery[],
): Promise<void> {
  const now = relay.clock.now();
  // The order may have been forgotten since the event was read.
  const { forgottenAt } = (await relay.eventLog.event(event)) ?? event;
  const ended = endpointIds.map((id) => {
    const delivery = newDelivery(event, id, now);
    if (forgottenAt !== undefined) return withoutRow(delivery, 'cancelled', PAYLOAD_ERASED);
    const dead = changed(delivery, settling('dead', now, PAYLOAD_GONE));
    return changed(dead, resting(dead, now));
  });
  await finish(relay, event, [], [...existing, ...(await writeRows(relay, event, ended))]);
}

async function finish(
  relay: SendingRelay,
  event: EventRecord,
  changes: readonly Change[],
  deliveries: readonly Delivery[],
): Promise<void> {
  const outcomes = deliveries.map((delivery) => [delivery.endpointId, outcomeOf(delivery)]);
  await relay.eventLog.finishFanOut(event, {
    changes,
    outcomes: Object.fromEntries(outcomes) as Outcomes,
    fannedOutAt: relay.clock.now(),
  });
  relay.telemetry.count('EventsFannedOut');
}

interface FirstView extends OrderView {
  /** The event before, when this one says the same. */
  readonly same: EventRecord | undefined;
}

/** The delivery as it stands after its first attempt, or without one if it must not be attempted here and now. */
async function firstDelivery(
  relay: SendingRelay,
  endpoint: Endpoint,
  event: ToldEvent,
  payload: Payload,
  view: FirstView,
): Promise<Delivery> {
  const delivery = {
    ...newDelivery(event, endpoint.id, relay.clock.now()),
    ...(endpoint.ordering === 'strict' && view.newer.length > 0 && { late: true }),
  };
  const admission = admissionOf(endpoint, relay.config.health.of(endpoint.id));
  if (admission.kind === 'cancelled') return withoutRow(delivery, 'cancelled', admission.reason);
  // Both before it could take the place of an older one: what is skipped supersedes nothing.
  const told = { ...event, late: delivery.late === true };
  if (!(await wants(relay, endpoint, told, payload))) return withoutRow(delivery, 'skipped', FILTERED);
  if (endpoint.skipUnchanged && view.same !== undefined && hasWhatItSays(view.same, endpoint.id))
    return withoutRow(delivery, 'skipped', UNCHANGED);
  const turn = await takeTurn(relay, endpoint, event, view);
  if (turn === 'superseded') return withoutRow(delivery, 'superseded', 'a newer event was faster');
  const owed = turn !== 'go' && turn.forNewer ? undecided(delivery) : delivery;
  if (admission.kind === 'held') return held(owed, admission.reason);
  if (turn !== 'go') return behind(owed, turn.waitUntil);
  if (endpoint.debounceSeconds !== undefined && !isOwn(event.orderKey))
    return debounced(delivery, after(event.receivedAt, endpoint.debounceSeconds * 1000), relay.clock.now());
  // What deliver may decide to send just now must find a row to wait for. And the row of a test keeps what the endpoint
  // answers, which is what whoever tries it out wants to see.
  const needsRow = isBeforeUndecided(endpoint, event, view) || event.source === TESTS;
  if (admission.kind === 'by deliver' || needsRow) return leftToDeliver(delivery, relay.clock.now());

  const made = await attempt(relay, endpoint, told, payload, INLINE_LIMIT_SECONDS);
  const now = relay.clock.now();
  if (made.cutShort) return changed(delivery, afterCutShort(delivery, made, now));
  const attempted = changed(delivery, afterAttempt(delivery, endpoint, made, now, relay.random));
  return attempted.state === 'pending' ? attempted : changed(attempted, resting(attempted, now));
}

/** Writes a row for each delivery that outlives its fan-out and wakes deliver for those due soon. */
async function writeRows(
  relay: SendingRelay,
  event: EventRecord,
  deliveries: readonly Delivery[],
): Promise<Delivery[]> {
  const written = await Promise.all(
    deliveries.map(async (delivery) => {
      // Nothing follows from it any more.
      if (delivery.owedTo === undefined) return delivery;
      await relay.config.health.ensure(delivery.endpointId);
      if (await relay.eventLog.putDeliveryIfAbsent(delivery)) return delivery;
      // Another run was faster: its row decides.
      return (
        ofEvent(await relay.eventLog.deliveries(event.orderKey), event).get(delivery.endpointId) ?? delivery
      );
    }),
  );
  const now = relay.clock.now();
  await wake(
    relay,
    written.flatMap((delivery) => wakeUp(delivery, now)),
  );
  return written;
}
