/** The tables as a process sees them: over the network, with indexes and reads that lag behind. Adapts ports, decides nothing. */
import type { EventKey } from '../../lib/relay/model/event.ts';
import type { EventId } from '../../lib/relay/model/ids.ts';
import type { ConfigKind, ConfigTable } from '../../lib/relay/ports/config-table.ts';
import {
  type DeliveryChange,
  type EventLog,
  type EventsOptions,
  type OwedItem,
  StoreError,
} from '../../lib/relay/ports/event-log.ts';
import type { MemoryEventLog } from '../memory/event-log.ts';
import type { SimulatedConfigTable } from './config-table.ts';
import type { Faults } from './faults.ts';
import type { IndexName, Outages } from './outages.ts';
import type { Poison } from './poison.ts';
import type { Process } from './process.ts';
import type { Scheduler } from './scheduler.ts';

const PAGE = 3;
/** In every so many seeds the table stores an event and its payload in one transaction, as SQLite does. */
const TRANSACTIONS_EVERY = 3;
/** A read that is not consistent is behind by at most this. */
const STALE_BY_AT_MOST_MS = 2 * 60_000;
/** Less than the time for which deliver takes an unknown endpoint for a new one. */
export const ENDPOINTS_STALE_BY_AT_MOST_MS = 45_000;
/** Ingest waits no longer than this for an order's newest id. */
const NEWEST_ID_IN_TIME_MS = 1_000;

export interface Tables {
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly outages: Outages;
  readonly eventLog: MemoryEventLog;
  readonly configTable: SimulatedConfigTable;
  readonly poison: Poison;
}

/** @param stale what this function last read of each list */
export function eventLogOf(
  process: Process,
  { scheduler, faults, outages, eventLog: log, poison }: Tables,
  stale: Map<string, OwedItem[]>,
): EventLog {
  const read = process.read.bind(process);
  const write = process.write.bind(process);
  const condition = process.condition.bind(process);
  return {
    newestEventId: async (orderKey) => {
      const startedAtMs = scheduler.nowMs;
      const id = await read('newestEventId', () => log.newestEventId(orderKey));
      process.readNewestId ||= scheduler.nowMs - startedAtMs < NEWEST_ID_IN_TIME_MS;
      return id;
    },
    checkPayload: (payload) => log.checkPayload(payload),
    putPayload: (key, payload) =>
      write('putPayload', async () => {
        if (faults.strikes('table refused')) throw new StoreError('the table refused');
        await log.putPayload(key, payload);
      }),
    putEvent: (event, dueAt) => write('putEvent', () => log.putEvent(event, dueAt), NEW_EVENT),
    ...(scheduler.seed % TRANSACTIONS_EVERY === 0 && {
      putEventWithPayload: (event, payload, dueAt) =>
        write(
          'putEventWithPayload',
          async () => {
            if (faults.strikes('table refused')) throw new StoreError('the table refused');
            await log.putPayload(event, payload);
            await log.putEvent(event, dueAt);
          },
          NEW_EVENT,
        ),
    }),
    async *eventsNewestFirst(orderKey, options) {
      let before: EventId | undefined;
      for (;;) {
        const page = await read('events', () => pageOf(log, orderKey, before, options));
        yield* page;
        before = page.at(-1)?.eventId;
        if (page.length < PAGE) return;
      }
    },
    event: (key) => read('event', () => log.event(key)),
    payload: (key) =>
      read('payload', () => {
        poison.throwIfPoisoned(key.eventId);
        return log.payload(key);
      }),
    deliveries: (orderKey, endpointId) => read('deliveries', () => log.deliveries(orderKey, endpointId)),
    putDeliveryIfAbsent: (delivery) =>
      condition('putDelivery', () => log.putDeliveryIfAbsent(delivery), OWED),
    updateDelivery: (key, only, change) =>
      condition('updateDelivery', () => log.updateDelivery(key, only, change), keysChangedBy(change)),
    recordFanOutAttempt: (event, change) =>
      condition('recordFanOutAttempt', () => log.recordFanOutAttempt(event, change), keysChangedBy(change)),
    finishFanOut: async (key, result) => {
      process.passes(() => poison.throwIfFanOutFails(key.eventId));
      return condition('finishFanOut', () => log.finishFanOut(key, result), OWED);
    },
    recordOutcome: (key, id, outcome, previous) =>
      condition('recordOutcome', () => log.recordOutcome(key, id, outcome, previous)),
    newestWebhook: (since) => read('newestWebhook', () => log.newestWebhook(since)),
    owed: (owedTo, dueBefore, limit, dueSince = new Date(0)) =>
      read('owed', async () => {
        const lagging = outages.staleOwed;
        if (lagging !== undefined)
          return lagging
            .filter((item) => item.owedTo === owedTo && item.dueAt < dueBefore && item.dueAt >= dueSince)
            .slice(0, limit);
        const before = stale.get(owedTo) ?? [];
        const now = await log.owed(owedTo, dueBefore, limit, dueSince);
        stale.set(owedTo, now);
        return faults.strikes('stale index read') ? before : now;
      }),
    postpone: async (item, dueAt) => {
      const moved = await condition('postpone', () => log.postpone(item, dueAt), OWED);
      if (moved) process.moved.add(wakeUpId(item));
      return moved;
    },
    putAlias: (alias) => write('putAlias', () => log.putAlias(alias)),
  };
}

const OWED: readonly IndexName[] = ['owed'];
const NEW_EVENT: readonly IndexName[] = ['owed', 'byTime'];

function keysChangedBy(change: Pick<DeliveryChange, 'owedTo' | 'dueAt'>): readonly IndexName[] {
  return change.owedTo === undefined && change.dueAt === undefined ? [] : OWED;
}

async function pageOf(
  log: MemoryEventLog,
  orderKey: Parameters<EventLog['deliveries']>[0],
  before: EventId | undefined,
  options: EventsOptions | undefined,
) {
  const page = [];
  for await (const event of log.eventsNewestFirst(orderKey, options)) {
    if (before !== undefined && event.eventId >= before) continue;
    page.push(event);
    if (page.length === PAGE) break;
  }
  return page;
}

/** An environment keeps its config from one invocation to the next, so each call is the current invocation's. */
export function configTableOf(
  current: () => Process,
  { scheduler, faults, outages, configTable: table }: Tables,
): ConfigTable {
  return {
    rows: (kind: ConfigKind, options: { readonly consistent?: boolean } = {}) =>
      current().read('config', async () => {
        if (outages.isConfigUnreadable) throw new StoreError('config cannot be read');
        if (options.consistent === true || !faults.strikes('stale config read')) return table.rows(kind);
        const longestMs = kind === 'source' ? STALE_BY_AT_MOST_MS : ENDPOINTS_STALE_BY_AT_MOST_MS;
        return table.rowsAt(kind, scheduler.nowMs - scheduler.between(1_000, longestMs));
      }),
    healthRow: (id) => current().read('healthRow', () => table.healthRow(id)),
    updateHealth: (id, only, change) =>
      current().condition('updateHealth', () => table.updateHealth(id, only, change)),
    removeHealth: (id, only) => current().condition('removeHealth', () => table.removeHealth(id, only)),
  };
}

/** Which event or delivery a message wakes. */
export function wakeUpId(item: Pick<EventKey, 'eventId'> & { readonly endpointId?: string }): string {
  return `${item.eventId} ${item.endpointId ?? ''}`;
}
