import { beforeAll, describe, expect, it } from 'vitest';
import { DynamoEventLog } from '../../lib/aws/dynamodb/event-log.ts';
import { DynamoEventReader } from '../../lib/aws/dynamodb/event-log-reader.ts';
import { endpointHistory } from '../../lib/operator/deliveries/endpoint-history.ts';
import { missedOrders } from '../../lib/operator/deliveries/missed-orders.ts';
import { searchOrders } from '../../lib/operator/orders/order-search.ts';
import { recentOrders } from '../../lib/operator/orders/recent-orders.ts';
import { relayStatus } from '../../lib/operator/status/relay-status.ts';
import { after } from '../../lib/relay/model/clock.ts';
import { CallRecorder } from '../bench/call-recorder.ts';
import { MemoryClock } from '../memory/clock.ts';
import { MemoryConfigTable } from '../memory/config-table.ts';
import { MemoryDeadLetters } from '../memory/dead-letters.ts';
import { MemoryDeliveryQueue, MemoryEventQueue } from '../memory/queues.ts';
import { MemoryTelemetry } from '../memory/telemetry.ts';
import { aDelivery, anEndpointId, anEvent, anEventId } from '../ports/builders.ts';
import { useEmbedded } from '../ports/embedded.ts';

const ERP = anEndpointId('erp');
const embedded = useEmbedded();

const CANCELLED = { state: 'cancelled', reason: 'endpoint-disabled' } as const;
const LIMIT = 10;

/** A relay with so many events for one endpoint: every second one has a delivery row, every sixth was cancelled. */
async function aRelay() {
  const client = embedded().dynamoDb;
  const tableName = await embedded().newTable('EventLogTable');
  const clock = new MemoryClock();
  const log = { client, tableName, clock, telemetry: new MemoryTelemetry() };
  const eventLog = new DynamoEventLog(log);
  const configTable = new MemoryConfigTable();
  configTable.put('endpoint', ERP, { url: 'https://erp.example/' });

  async function addEvent(index: number): Promise<void> {
    const receivedAt = after(clock.now(), -1_000 * (index + 1));
    const event = anEvent({ receivedAt, eventId: anEventId(new MemoryClock(receivedAt)) });
    const { orderKey, eventId } = event;
    const hasRow = index % 2 === 0;
    const isCancelled = index % 6 === 1;
    await eventLog.putEvent(event, clock.now());
    if (hasRow) await eventLog.putDeliveryIfAbsent(aDelivery({ orderKey, eventId, endpointId: ERP }));
    await eventLog.finishFanOut(event, {
      changes: [],
      outcomes: { [ERP]: isCancelled ? CANCELLED : { state: hasRow ? 'pending' : 'delivered' } },
      fannedOutAt: clock.now(),
      ...(isCancelled && { cancelledFor: [ERP] }),
    });
  }
  return {
    ...{ clock, configTable, eventLog, eventReader: new DynamoEventReader(log) },
    relay: { title: 'a relay', webhookBaseAddress: 'https://relay.example/webhooks/' },
    queues: async () => ({
      eventQueue: new MemoryEventQueue(clock),
      deliveryQueue: new MemoryDeliveryQueue(clock),
      deadLetters: { events: new MemoryDeadLetters(clock), deliveries: new MemoryDeadLetters(clock) },
    }),
    addEvents: (from: number, until: number) =>
      Promise.all(Array.from({ length: until - from }, (_, index) => addEvent(from + index))),
  };
}
type Relay = Awaited<ReturnType<typeof aRelay>>;

async function sampledForStatus(relay: Relay) {
  const { sample } = await relayStatus(relay, { countedEvents: 2 * LIMIT, sampledWebhooks: LIMIT });
  return { items: Array.from({ length: sample.webhooks }, () => ({})) };
}

const LISTS: Readonly<Record<string, (relay: Relay, since: Date) => Promise<{ items: readonly object[] }>>> =
  {
    'the history': (relay, since) => endpointHistory(relay, { endpointId: ERP, since, limit: LIMIT }),
    'the pending deliveries': (relay, since) =>
      endpointHistory(relay, { endpointId: ERP, since, state: 'pending', limit: LIMIT }),
    'the missed orders': (relay, since) => missedOrders(relay, { endpointId: ERP, since, limit: LIMIT }),
    'the found orders': (relay) => searchOrders(relay, { text: 'evt_', limit: LIMIT }),
    'the recent orders': (relay) => recentOrders(relay, { limit: LIMIT }),
    'the webhooks in the status': (relay) => sampledForStatus(relay),
  };

interface Read {
  readonly items: number;
  /** The names of the commands, sorted. */
  readonly calls: readonly string[];
}

/** Reads all lists, one after the other. */
async function readLists(relay: Relay): Promise<Map<string, Read>> {
  const recorder = new CallRecorder();
  recorder.watchDynamoDb(embedded().dynamoDb);
  const since = after(relay.clock.now(), -3_600_000);
  const reads = new Map<string, Read>();
  for (const [name, list] of Object.entries(LISTS)) {
    const { items } = await list(relay, since);
    const calls = recorder.take().map(({ command }) => command);
    reads.set(name, { items: items.length, calls: calls.toSorted() });
  }
  return reads;
}

describe(`the newest ${LIMIT} of a list`, () => {
  let ofFew: Map<string, Read>;
  let ofMany: Map<string, Read>;
  beforeAll(async () => {
    const relay = await aRelay();
    await relay.addEvents(0, 110);
    ofFew = await readLists(relay);
    await relay.addEvents(110, 330);
    ofMany = await readLists(relay);
  });

  it.each(Object.keys(LISTS))('cost the same of many as of few: %s', (name) => {
    expect(ofMany.get(name)).toEqual(ofFew.get(name));
    expect(ofMany.get(name)).toEqual({ items: LIMIT, calls: expect.arrayContaining(['Query']) });
  });
});
