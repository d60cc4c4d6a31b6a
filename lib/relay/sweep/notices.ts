/** Sends notices about endpoint state changes, dead deliveries and a silent Hub. */

import type { Endpoints } from '../config.ts';
import type { SweepContext } from '../context.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { blockOf } from '../health/admission.ts';
import type { Health } from '../health/health.ts';
import type { NotifiedState } from '../health/health-row.ts';
import { stateToNotify } from '../health/notice-ledger.ts';
import { after } from '../model/clock.ts';
import { attentionOf, type DeliveryKey } from '../model/delivery.ts';
import { type EndpointId, eventIdOf, eventTime, isRelayEvent, type OrderKey } from '../model/ids.ts';
import { type NoticeType, storeNotice } from './store-notice.ts';
import { LIST_LIMIT } from './sweep-events.ts';

/** The index lags and clocks differ by two seconds. Deliveries that died within this time are left to the next sweep. */
const INDEX_LAG_MS = 10_000;
const HOUR_MS = 60 * 60_000;
/** A silence that began longer ago than this was already reported. */
const SILENCE_LOOKBACK_MS = 8 * 24 * HOUR_MS;

/** True when an endpoint that is not disabled asks for notices. */
export function areNoticesWanted({ valid }: Endpoints): boolean {
  return valid.some(({ notices, state }) => notices && state !== 'disabled');
}

/**
 * Sends notices about an endpoint's changes since the last notices. The ledger is updated after a notice is stored: a
 * sweep that dies in between repeats the notice, and none is lost.
 */
export async function notifyChanges(context: SweepContext, endpoint: Endpoint): Promise<void> {
  await notifyStateChange(context, endpoint.id);
  await notifyDeadDeliveries(context, endpoint);
}

async function notifyStateChange(context: SweepContext, endpointId: EndpointId): Promise<void> {
  const { health, noticeLedger } = context.config;
  const notified = noticeLedger.notifiedState(endpointId);
  const row = health.row(endpointId);
  const state = stateToNotify(row.health, notified, context.clock.now());
  if (state === notified) return;
  await storeNotice(context, { ...stateNotice(endpointId, state, notified, row.health), endpointId });
  await noticeLedger.recordState(endpointId, state);
}

/** @param notified the state of the last notice, which the new one ends or follows */
function stateNotice(
  id: EndpointId,
  state: NotifiedState,
  notified: NotifiedState,
  { reason = 'it does not answer', refusedOrders = [], lastAnswer = 'an error' }: Health,
): { type: NoticeType; message: string } {
  switch (state) {
    case 'failing':
      return {
        type: 'endpoint.down',
        message: `${id} is failing: ${reason}. Its deliveries are parked, and sent when it answers again.`,
      };
    case 'refusing':
      return {
        type: 'endpoint.refusing',
        message: `${id} refuses every order: ${refusedOrders.length} in a row, the last answer was ${lastAnswer}. Fix the endpoint or its credentials, then: endpoints enable ${id}`,
      };
    case 'disabled':
      return {
        type: 'endpoint.disabled',
        message: `${id} is disabled: ${reason}. The relay sends it nothing until it is enabled: endpoints enable ${id}`,
      };
    case 'ok':
      return {
        type: 'endpoint.recovered',
        message:
          notified === 'refusing'
            ? `${id} accepts orders again. It gets the refused ones by their schedule, or now with: deliveries retry --endpoint ${id} --state pending`
            : `${id} has recovered. Its parked deliveries are sent now.`,
      };
  }
}

/** Sends one notice for all deliveries that died since the last one: a failing endpoint can have dozens of them. */
async function notifyDeadDeliveries(context: SweepContext, endpoint: Endpoint): Promise<void> {
  const { id } = endpoint;
  const { health, healthRecorder, noticeLedger } = context.config;
  // Without a health row, the ledger has no place to record a notice.
  if (!health.ids().includes(id)) return;
  // The deliveries of a disabled endpoint are cancelled, not dead.
  const block = blockOf(endpoint, healthRecorder.current(id));
  if (block === 'disabled') return;
  const until = after(context.clock.now(), -INDEX_LAG_MS);
  const since = noticeLedger.deadNotifiedUntil(id);
  if (since === undefined) return noticeLedger.recordDeadUntil(id, until);
  const ended = await context.eventLog.owed(attentionOf(id), until, LIST_LIMIT, since);
  const [last] = ended.slice(-1);
  if (last === undefined) return;
  const dead = await countDead(
    context,
    ended.flatMap((item) => (item.kind === 'delivery' && !isRelayEvent(item.orderKey) ? [item] : [])),
  );
  if (dead > 0)
    await storeNotice(context, { type: 'deliveries.dead', message: deadText(id, dead), endpointId: id });
  await noticeLedger.recordDeadUntil(id, ended.length < LIST_LIMIT ? until : after(last.dueAt, 1));
}

/** Counts the dead deliveries among the keys. The index lists cancelled deliveries, too. */
async function countDead(context: SweepContext, keys: readonly DeliveryKey[]): Promise<number> {
  const orders = Map.groupBy(keys, ({ orderKey }) => orderKey);
  const ofOrders = await Promise.all(
    [...orders].map(async ([orderKey, ofOrder]: [OrderKey, DeliveryKey[]]) => {
      const rows = await context.eventLog.deliveries(orderKey);
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
  return `${deliveries} to ${id} failed for good. Fix the endpoint, then: deliveries retry --endpoint ${id}`;
}

/** Sends one notice per silence: when no webhook arrived for `silenceHours`. */
export async function notifySilence(context: SweepContext, silenceHours: number): Promise<void> {
  const now = context.clock.now();
  const newest = await context.eventLog.newestWebhook(after(now, -SILENCE_LOOKBACK_MS));
  if (newest === undefined) return;
  const silentAt = after(eventTime(newest), silenceHours * HOUR_MS);
  if (silentAt > now) return;
  await storeNotice(context, {
    type: 'hub.silent',
    message: `No webhook has come for ${silenceHours} hours. Is the relay's address still in the Hub's settings?`,
    eventId: eventIdOf(silentAt, `silence after ${newest}`),
  });
}
