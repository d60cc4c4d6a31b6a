/** One run of the whole relay under one seed: webhooks in, faults on, faults off, and everything must be settled. */
import { deliver } from '../../lib/relay/deliver.ts';
import type { DeliveryKey } from '../../lib/relay/delivery.ts';
import { fanOut } from '../../lib/relay/fan-out.ts';
import { type EventId, orderKeyOf, sha256Hex } from '../../lib/relay/ids.ts';
import { ingest } from '../../lib/relay/ingest.ts';
import type { EventMessage } from '../../lib/relay/ports.ts';
import { sourceIdSchema } from '../../lib/relay/source.ts';
import { sweep } from '../../lib/relay/sweep.ts';
import { MemoryConfigTable } from '../memory/config-table.ts';
import { MemoryEventLog } from '../memory/event-log.ts';
import { CREDENTIALS } from './credentials.ts';
import { FILTERED, ORDERINGS } from './endpoints.ts';
import { drawRates, type FaultKind, Faults } from './faults.ts';
import { FILTER, Filter } from './filter.ts';
import { type Shared, SimulatedFunction, SimulatedMapping } from './functions.ts';
import { checkAtEnd, checkSend, type Webhook } from './invariants.ts';
import { Operator } from './operator.ts';
import { Poison } from './poison.ts';
import { type Process, wakeUpId } from './process.ts';
import { type Received, SimulatedQueue } from './queue.ts';
import { Receivers } from './receivers.ts';
import { Scheduler } from './scheduler.ts';

const TOKEN = 'token'.padEnd(43, '-');
const SOURCE = sourceIdSchema.parse('main');
const MINUTE_MS = 60_000;
/** Long after the last retry of the schedule. */
const GIVE_UP_AFTER_MS = 10 * 24 * 60 * MINUTE_MS;

export interface Report {
  readonly seed: number;
  readonly failures: readonly string[];
  readonly history: readonly string[];
  readonly faults: ReadonlyMap<FaultKind, number>;
  /** The number of the last fault. */
  readonly faultsDrawn: number;
  readonly sends: number;
  readonly webhooks: number;
}

/** @param spared faults to leave out, by their number in the history: to see which of them a failure needs */
export async function simulate(seed: number, spared: ReadonlySet<number> = new Set()): Promise<Report> {
  const scheduler = new Scheduler(seed);
  const startedAtMs = scheduler.nowMs;
  const history: string[] = [];
  const failures: string[] = [];
  const note = (text: string) => {
    history.push(`${((scheduler.nowMs - startedAtMs) / 1000).toFixed(3).padStart(10)} s  ${text}`);
  };
  const faults = new Faults(scheduler, drawRates(scheduler), spared, note);
  const fail = (text: string) => {
    note(`VIOLATED: ${text}`);
    failures.push(text);
  };

  const eventLog = new MemoryEventLog({
    now: () => new Date(scheduler.nowMs),
    monotonicMs: () => scheduler.nowMs,
    sleep: (ms) => scheduler.sleep(ms),
  });
  const configTable = new MemoryConfigTable();
  configTable.put('source', SOURCE, { tokenSha256: sha256Hex(TOKEN) });
  const areProven = scheduler.chance(0.6);
  const hasCredentials = scheduler.chance(0.5);
  for (const [id, ordering] of Object.entries(ORDERINGS)) {
    const provenAt = new Date(scheduler.nowMs).toISOString();
    if (areProven) configTable.put('health', id, { state: 'closed', provenAt });
    const timeoutSeconds = 1 + Math.floor(scheduler.random() * 10);
    configTable.put('endpoint', id, {
      url: `https://${id}/?orderid=`,
      ordering,
      timeoutSeconds,
      maxAttempts: 100,
      ...(hasCredentials && CREDENTIALS[id]),
      ...(FILTERED.has(id) && { filter: FILTER }),
      ...(scheduler.chance(0.1) && { rateLimitPerSecond: scheduler.between(0.2, 5) }),
    });
  }
  const receivers: Receivers = new Receivers(scheduler, faults, (sent) => {
    note(`POST ${sent.eventId} of order ${sent.orderId} to ${sent.endpointId}`);
    void checkSend(sent, receivers.sent, eventLog, fail);
  });

  if (faults.hasOperator && scheduler.chance(0.02)) {
    const longMs = scheduler.between(0.5, 4) * 24 * 60 * MINUTE_MS;
    scheduler.after(scheduler.between(0, 60_000), () => {
      note('erp vanishes for days');
      receivers.vanish('erp', longMs);
    });
  }

  const events = new SimulatedQueue<EventMessage>(
    scheduler,
    faults,
    { fifo: true, visibilityMs: 240_000, batchSize: 10 },
    () => fanOutMapping.poll(),
  );
  const deliveries = new SimulatedQueue<DeliveryKey>(
    scheduler,
    faults,
    { fifo: false, visibilityMs: 120_000, batchSize: 10 },
    () => deliverMapping.poll(),
  );
  const filter = new Filter(faults);
  const onQueue = new Set<EventId>();
  const shared: Shared = {
    scheduler,
    faults,
    eventLog,
    configTable,
    receivers,
    poison: new Poison(faults),
    filter,
    note,
    queues: (process) => queuesOf(process, faults, events, deliveries, onQueue, fail),
  };
  const functions = {
    ingest: new SimulatedFunction(shared, 'ingest', 15_000),
    fanOut: new SimulatedFunction(shared, 'fan-out', 120_000),
    deliver: new SimulatedFunction(shared, 'deliver', 60_000),
    sweep: new SimulatedFunction(shared, 'sweep', 50_000),
  };
  const fanOutMapping = new SimulatedMapping(functions.fanOut, 4, events, fanOut, asEventMessage);
  const deliverMapping = new SimulatedMapping(functions.deliver, 2, deliveries, deliver, ({ message }) => ({
    ...message,
  }));

  const webhooks: Webhook[] = [];
  const orders = 1 + Math.floor(scheduler.random() * 3);
  let talking = orders;
  for (let order = 1; order <= orders; order++) void playHub(String(order)).then(() => talking--);

  async function playHub(orderId: string): Promise<void> {
    const count = 2 + Math.floor(scheduler.random() * 7);
    const longestGapMs = scheduler.pick([50, 1_000, 8_000]);
    for (let number = 1; number <= count; number++) {
      const answered = sendWebhook(orderId, number);
      if (scheduler.chance(0.7)) await answered;
      await scheduler.sleep(scheduler.between(0, longestGapMs));
    }
  }

  function sendWebhook(orderId: string, number: number): Promise<void> {
    const webhook: Webhook = { orderId, number, sentAtMs: scheduler.nowMs };
    webhooks.push(webhook);
    const request = {
      token: TOKEN,
      rawQuery: `orderid=${orderId}`,
      body: Buffer.from(`{"n":${number}}${' '.repeat(number % 2)}`),
    };
    return new Promise((resolve) => {
      functions.ingest.invoke(
        (relay) => ingest(relay, request),
        (answer) => {
          note(
            `webhook ${number} of order ${orderId}: ${answer === 'died' ? 'no answer' : answer.kind} ${typeof answer === 'object' && 'eventId' in answer ? answer.eventId : ''}`,
          );
          if (answer !== 'died' && answer.kind === 'accepted') {
            webhook.accepted = {
              eventId: answer.eventId,
              atMs: scheduler.nowMs,
              byQueue: onQueue.has(answer.eventId),
            };
          }
          resolve();
        },
      );
    });
  }

  const operatorsProgram = new SimulatedFunction(shared, 'operator', 60_000);
  const operator = new Operator({
    scheduler,
    faults,
    configTable,
    eventLog,
    orders: Array.from({ length: orders }, (_, index) => orderKeyOf(SOURCE, String(index + 1))),
    program: operatorsProgram,
    note,
  });
  if (faults.hasOperator) void operator.work();

  let done = false;
  const faultsEndAtMs = startedAtMs + scheduler.between(60_000, 6 * MINUTE_MS);
  const tick = () => {
    if (talking === 0 && scheduler.nowMs > faultsEndAtMs) faults.enabled = false;
    const owed = eventLog.allOwed().filter(({ owedTo }) => !owedTo.startsWith('attention#'));
    const idle =
      [...Object.values(functions), operatorsProgram].every(({ running }) => running === 0) &&
      events.size + deliveries.size === 0;
    if (!faults.enabled && idle && owed.length === 0) done = true;
    if (scheduler.nowMs - startedAtMs > GIVE_UP_AFTER_MS) {
      fail(
        `still owed after days: ${owed.map((item) => `${item.kind} ${item.eventId} to ${item.owedTo}`).join(', ')}`,
      );
      done = true;
    }
    functions.sweep.invoke(sweep, () => {});
    // With nothing going wrong any more, a sweep that would find nothing due need not be run.
    const firstDueMs = Math.min(...owed.map(({ dueAt }) => dueAt.getTime()));
    const waitMs =
      faults.enabled || !idle ? MINUTE_MS : Math.max(MINUTE_MS, firstDueMs - scheduler.nowMs + 2_000);
    scheduler.after(Number.isFinite(waitMs) ? waitMs : MINUTE_MS, tick);
  };
  scheduler.after(MINUTE_MS, tick);
  await scheduler.run(() => done);

  await checkAtEnd({ webhooks, eventLog, receivers, faults, filter, operator, fail });
  return {
    seed,
    failures,
    history,
    faults: faults.counts,
    faultsDrawn: faults.drawn,
    sends: receivers.sent.length,
    webhooks: webhooks.length,
  };
}

function asEventMessage({ message, receives }: Received<EventMessage>): EventMessage {
  return { ...message, receivedBefore: receives > 1 };
}

/** Sweep wakes nothing but what it has moved on itself: else two sweeps, or a late index, would wake it for ever. */
function checkWake(
  process: Process,
  item: Parameters<typeof wakeUpId>[0],
  fail: (text: string) => void,
): void {
  if (process.name !== 'sweep' || process.moved.has(wakeUpId(item))) return;
  fail(`sweep woke ${wakeUpId(item)}, which is not as it was read`);
}

function queuesOf(
  process: Process,
  faults: Faults,
  events: SimulatedQueue<EventMessage>,
  deliveries: SimulatedQueue<DeliveryKey>,
  onQueue: Set<EventId>,
  fail: (text: string) => void,
): ReturnType<Shared['queues']> {
  return {
    eventQueue: {
      send: (message) =>
        process.call('send', async () => {
          if (message.unstored !== undefined) onQueue.add(message.eventId);
          // A wake-up may be lost; an event that is nowhere else was promised to be kept.
          if (message.unstored !== undefined || !faults.strikes('message lost'))
            events.put(message, message.orderKey, 0);
        }),
      sendAgain: (messages) =>
        process.call('sendAgain', async () => {
          for (const message of messages) {
            checkWake(process, message, fail);
            if (!faults.strikes('message lost')) events.put({ ...message }, message.orderKey, 0);
          }
          return [];
        }),
    },
    deliveryQueue: {
      send: (messages) =>
        process.call('sendDeliveries', async () => {
          for (const { orderKey, eventId, endpointId, delaySeconds } of messages) {
            checkWake(process, { eventId, endpointId }, fail);
            if (faults.strikes('message lost')) continue;
            deliveries.put({ orderKey, eventId, endpointId }, undefined, delaySeconds * 1000);
          }
          return [];
        }),
    },
  };
}
