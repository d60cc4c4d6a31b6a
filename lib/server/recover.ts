/**
 * Enqueues the work that the table owes and that has no message: after a start, and after messages were dropped. Sweep
 * would find the same work later, because it waits until work is overdue.
 */

import type { Config } from '../relay/config.ts';
import { isDeliveryTo } from '../relay/delivery/is-delivery-to.ts';
import { messageFor } from '../relay/delivery/state-machine.ts';
import { after, type Clock, MAX_CLOCK_SKEW_MS } from '../relay/model/clock.ts';
import { type Delivery, isLeased } from '../relay/model/delivery.ts';
import { FAN_OUT_DUE_MS } from '../relay/model/event.ts';
import { type EndpointId, FAN_OUT, SHARDS } from '../relay/model/ids.ts';
import type { EventLog, OwedItem } from '../relay/ports/event-log.ts';
import type { DeliveryMessage, DeliveryQueue } from '../relay/ports/queues.ts';
import type { InMemoryEventQueue } from './queues/in-memory-event-queue.ts';

/** Rows per page of a list. */
const PAGE = 500;
/** A message can be delayed by 15 minutes, and its row is due a minute after that. */
const DELIVERIES_WITHIN_MS = 17 * 60_000;

export interface RecoverContext {
  readonly clock: Clock;
  readonly config: Config;
  readonly eventLog: Pick<EventLog, 'owed' | 'deliveries'>;
  readonly eventQueue: Pick<InMemoryEventQueue, 'recover'>;
  readonly deliveryQueue: DeliveryQueue;
}

/** Enqueues every event that waits for fan-out. */
export async function recoverEvents({ clock, eventLog, eventQueue }: RecoverContext): Promise<void> {
  // An event that ingest has just stored is due after this time, by a clock that was perhaps a little ahead.
  const dueBefore = after(clock.now(), FAN_OUT_DUE_MS + MAX_CLOCK_SKEW_MS);
  for (let shard = 0; shard < SHARDS; shard++) {
    const list = `${FAN_OUT}#${shard}`;
    let page: readonly OwedItem[] = [];
    do {
      page = await eventLog.owed(list, dueBefore, PAGE, nextDue(page));
      eventQueue.recover(page.filter((item) => item.kind === 'event'));
    } while (page.length === PAGE);
  }
}

/** Items that are due at the same millisecond as the last one of a full page wait for sweep. */
function nextDue(page: readonly OwedItem[]): Date | undefined {
  const last = page.at(-1);
  return last === undefined ? undefined : after(last.dueAt, 1);
}

/** Enqueues the soonest deliveries of each endpoint, at their times. Its service finds the others in its list. */
export async function recoverDeliveries(context: RecoverContext): Promise<void> {
  const { config } = context;
  const { valid, invalid } = await config.endpoints();
  const ids = new Set([...valid.map(({ id }) => id), ...config.health.ids()]);
  for (const { id } of invalid) ids.delete(id);
  for (const id of ids) await recoverEndpoint(context, id);
}

async function recoverEndpoint(context: RecoverContext, id: EndpointId): Promise<void> {
  const { clock, eventLog, deliveryQueue } = context;
  const now = clock.now();
  const items = await eventLog.owed(id, after(now, DELIVERIES_WITHIN_MS), PAGE);
  const own = new Map(
    items.filter((item) => isDeliveryTo(item, id)).map((item) => [`${item.eventId}`, item.orderKey]),
  );
  for (const orderKey of new Set(own.values())) {
    const rows = await eventLog.deliveries(orderKey);
    const owed = rows.filter((row) => row.endpointId === id && own.has(row.eventId));
    await deliveryQueue.send(owed.flatMap((row) => recoveredMessage(row, now)));
  }
}

/** A delivery that a dead process has leased can be attempted once its lease has ended. */
function recoveredMessage(row: Delivery, now: Date): DeliveryMessage[] {
  if (row.state !== 'leased' || !isLeased(row, now)) return messageFor(row, now);
  const { orderKey, eventId, endpointId, leaseUntil } = row;
  const delaySeconds = Math.max(0, Math.ceil((leaseUntil.getTime() - now.getTime()) / 1000));
  return [{ orderKey, eventId, endpointId, delaySeconds }];
}

/** Releases the endpoints' locks. Only one process serves endpoints, so after its start a dead one holds them. */
export async function releaseLocks({ config }: Pick<RecoverContext, 'config'>): Promise<void> {
  await config.endpoints();
  for (const id of config.health.ids()) {
    const { lockId } = config.health.row(id);
    if (lockId === undefined) continue;
    await config.health.compareAndSet(id, { lockId }, { lockId: null, lockedUntil: null });
    await config.health.reread(id);
  }
}
