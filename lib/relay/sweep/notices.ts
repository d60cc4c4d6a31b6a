/** What sweep finds worth telling: endpoints that went down, came back or were given up, dead deliveries, silence. */

import type { Endpoints } from '../config.ts';
import type { SweepRelay } from '../context.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { isDown } from '../health/health.ts';
import type { HealthRow, ToldState } from '../health/health-row.ts';
import { after } from '../model/clock.ts';
import { attentionOf, type DeliveryKey } from '../model/delivery.ts';
import { type EndpointId, eventIdOf, eventTime, isOwn, type OrderKey } from '../model/ids.ts';
import { type NoticeType, tell } from './store-notice.ts';
import { LIST_LIMIT } from './sweep-events.ts';

/** An index lags, and clocks differ by two seconds: what died later than this is told of by the next sweep. */
const LISTED_WITHIN_MS = 10_000;
const HOUR_MS = 60 * 60_000;
/** Who has not heard of a Hub for longer than this has been told of it. */
const SILENCE_KNOWN_FOR_MS = 8 * 24 * HOUR_MS;

/** True when anybody wants to hear them. */
export function areNewsWanted({ valid }: Endpoints): boolean {
  return valid.some(({ notices, state }) => notices && state !== 'off');
}

/**
 * Tells what has happened to an endpoint since it was last told. It is written down as told only afterwards: who dies
 * in between tells it once more, and nothing goes untold.
 */
export async function tellNewsOf(relay: SweepRelay, endpoint: Endpoint): Promise<void> {
  await tellState(relay, endpoint.id);
  await tellDead(relay, endpoint);
}

async function tellState(relay: SweepRelay, endpointId: EndpointId): Promise<void> {
  const row = relay.config.health.row(endpointId);
  const { toldState = 'ok' } = row;
  const state = stateToTell(row, toldState, relay.clock.now());
  if (state === toldState) return;
  await tell(relay, { ...newsOf(endpointId, state, row), endpointId });
  await relay.config.health.noteTold(endpointId, { toldState: state });
}

function stateToTell({ health }: HealthRow, told: ToldState, now: Date): ToldState {
  switch (health.state) {
    case 'disabled':
      return 'disabled';
    case 'failing':
      return isDown(health, now) ? 'failing' : told;
    case 'ok':
      return 'ok';
  }
}

function newsOf(
  id: EndpointId,
  state: ToldState,
  { health: { reason = 'it does not answer' } }: HealthRow,
): { type: NoticeType; message: string } {
  switch (state) {
    case 'failing':
      return {
        type: 'endpoint.down',
        message: `${id} is down: ${reason}. What it would get is kept, and sent when it answers again.`,
      };
    case 'disabled':
      return {
        type: 'endpoint.disabled',
        message: `${id} is disabled: ${reason}. It gets nothing more until it is enabled: endpoints enable ${id}`,
      };
    case 'ok':
      return {
        type: 'endpoint.recovered',
        message: `${id} is back. Its waiting deliveries are sent now.`,
      };
  }
}

/** Many at once, for an endpoint that fails lets deliveries die by the dozen. */
async function tellDead(relay: SweepRelay, { id, state }: Endpoint): Promise<void> {
  const { health } = relay.config;
  // Of one that is owed nothing there is no row to note it in, and of one that is off, what it was owed is cancelled.
  if (!health.ids().includes(id) || state === 'off' || health.of(id).state === 'disabled') return;
  const until = after(relay.clock.now(), -LISTED_WITHIN_MS);
  const { toldDeadUntil } = health.row(id);
  if (toldDeadUntil === undefined) return health.noteTold(id, { toldDeadUntil: until });
  const ended = await relay.eventLog.owed(attentionOf(id), until, LIST_LIMIT, toldDeadUntil);
  const [last] = ended.slice(-1);
  if (last === undefined) return;
  const dead = await countDead(
    relay,
    ended.flatMap((item) => (item.kind === 'delivery' && !isOwn(item.orderKey) ? [item] : [])),
  );
  if (dead > 0) await tell(relay, { type: 'deliveries.dead', message: deadText(id, dead), endpointId: id });
  await health.noteTold(id, { toldDeadUntil: ended.length < LIST_LIMIT ? until : after(last.dueAt, 1) });
}

/** The list has those that were cancelled, too. */
async function countDead(relay: SweepRelay, keys: readonly DeliveryKey[]): Promise<number> {
  const orders = Map.groupBy(keys, ({ orderKey }) => orderKey);
  const ofOrders = await Promise.all(
    [...orders].map(async ([orderKey, ofOrder]: [OrderKey, DeliveryKey[]]) => {
      const rows = await relay.eventLog.deliveries(orderKey);
      return rows.filter(
        (row) =>
          row.state === 'dead' &&
          ofOrder.some((key) => key.eventId === row.eventId && key.endpointId === row.endpointId),
      ).length;
    }),
  );
  return ofOrders.reduce((sum, count) => sum + count, 0);
}

function deadText(id: EndpointId, dead: number): string {
  const deliveries = dead === 1 ? 'One delivery' : `${dead} deliveries`;
  return `${deliveries} to ${id} failed for good. Mend the endpoint, then: deliveries retry --endpoint ${id}`;
}

/** Tells when no webhook has come for so long, once for each silence. */
export async function tellSilence(relay: SweepRelay, silenceHours: number): Promise<void> {
  const now = relay.clock.now();
  const newest = await relay.eventLog.newestWebhook(after(now, -SILENCE_KNOWN_FOR_MS));
  if (newest === undefined) return;
  const silentAt = after(eventTime(newest), silenceHours * HOUR_MS);
  if (silentAt > now) return;
  await tell(relay, {
    type: 'hub.silent',
    message: `No webhook has come for ${silenceHours} hours. Is the relay's address still in the Hub's settings?`,
    eventId: eventIdOf(silentAt, `silence after ${newest}`),
  });
}
