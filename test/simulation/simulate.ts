/** One run of the whole relay under one seed: webhooks in, faults on, faults off, and everything must be settled. */
import { deliver } from '../../lib/relay/deliver/deliver.ts';
import { fanOut } from '../../lib/relay/fan-out/fan-out.ts';
import type { DeliveryKey } from '../../lib/relay/model/delivery.ts';
import type { EventId } from '../../lib/relay/model/ids.ts';
import type { OwedItem } from '../../lib/relay/ports/event-log.ts';
import type { EventMessage } from '../../lib/relay/ports/queues.ts';
import { sweep } from '../../lib/relay/sweep/sweep.ts';
import { MemoryEventLog } from '../memory/event-log.ts';
import { isAwayForLong, sendAway, settledWithinDays } from './absence.ts';
import { drawClockJump, isNextYear } from './clock-jump.ts';
import { SimulatedConfigTable } from './config-table.ts';
import { checkAtEnd } from './end-checks.ts';
import { addEndpoints, WELL } from './endpoints.ts';
import { DAY_MS, drawShortRetentionDays, Expiry, LONG_RETENTION_DAYS } from './expiry.ts';
import { type FaultKind, type FaultOptions, Faults } from './faults.ts';
import { Filter } from './filter.ts';
import { type Shared, SimulatedFunction } from './functions.ts';
import { Hub, SOURCE_ROW } from './hub.ts';
import { type EndpointState, Liveness } from './liveness.ts';
import { SimulatedMapping } from './mapping.ts';
import { Operator } from './operator.ts';
import { Outages } from './outages.ts';
import { Poison } from './poison.ts';
import { MAX_RECEIVES, type Received, SimulatedQueue } from './queue.ts';
import { drawRates, drawWeather } from './rates.ts';
import { Receivers } from './receivers.ts';
import { Refusals } from './refusals.ts';
import { orderKey, type RunWorld, SOURCE } from './run-world.ts';
import { Scheduler } from './scheduler.ts';
import { checkSend } from './send-checks.ts';
import { queuesOf } from './wake-ups.ts';

const MINUTE_MS = 60_000;
/** The operator ends an interruption, and replays events after it, within this time after faults have stopped. */
const OPERATOR_DONE_MS = 3 * MINUTE_MS;

export interface SimulationOptions extends FaultOptions {
  /** False: a batch that starts late does not extend the visibility of its messages. */
  readonly extendsLateBatches?: boolean;
}

export interface Report {
  readonly seed: number;
  readonly failures: readonly string[];
  readonly history: readonly string[];
  readonly faults: ReadonlyMap<FaultKind, number>;
  /** The number of the last fault. */
  readonly faultsDrawn: number;
  readonly sends: number;
  readonly webhooks: number;
  /** Messages that went to a dead-letter queue. */
  readonly deadLetters: number;
  /** How long it took to settle once faults had stopped, by the state of the endpoint then. */
  readonly settledInMs: ReadonlyMap<EndpointState, number>;
}

export async function simulate(seed: number, options: SimulationOptions = {}): Promise<Report> {
  const scheduler = new Scheduler(seed);
  const startedAtMs = scheduler.nowMs;
  const history: string[] = [];
  const failures: string[] = [];
  const note = (text: string) => {
    history.push(`${((scheduler.nowMs - startedAtMs) / 1000).toFixed(3).padStart(10)} s  ${text}`);
  };
  const fail = (text: string) => {
    note(`VIOLATED: ${text}`);
    failures.push(text);
  };
  const weather = drawWeather(scheduler);
  const faults = new Faults(scheduler, drawRates(scheduler, weather), options, note);
  const areSkewed = faults.strikes('clocks far apart');
  const clockJump = drawClockJump(seed, scheduler, faults, note);
  const areClocksFarApart = areSkewed || clockJump.strikes;
  const isRetentionShort = faults.strikes('rows expire soon');
  const retentionDays = isRetentionShort ? drawShortRetentionDays(scheduler) : LONG_RETENTION_DAYS;

  const eventLog = new MemoryEventLog(
    {
      now: () => new Date(scheduler.nowMs),
      monotonicMs: () => scheduler.nowMs,
      sleep: (ms) => scheduler.sleep(ms),
    },
    retentionDays,
  );
  const expiry = new Expiry(scheduler, eventLog);
  const configTable = new SimulatedConfigTable(scheduler);
  if (faults.strikes('source added just now')) configTable.put('source', SOURCE, SOURCE_ROW);
  else configTable.putLongAgo('source', SOURCE, SOURCE_ROW);
  addEndpoints(configTable, scheduler, weather, faults);
  const well: ReadonlySet<string> = weather === 'bad endpoints' ? WELL : new Set();
  const receivers: Receivers = new Receivers(scheduler, faults, well, (sent) => {
    note(`POST ${sent.eventId} of order ${sent.orderId} to ${sent.endpointId}`);
    void checkSend(sent, world);
  });

  // A thousand receives take hours, so in a few runs some are enough.
  const maxReceives = faults.strikes('queues drop messages early')
    ? Math.floor(scheduler.between(3, 30))
    : MAX_RECEIVES;
  const events = new SimulatedQueue<EventMessage>(
    scheduler,
    faults,
    { fifo: true, visibilityMs: 240_000, batchSize: 10, maxReceives },
    () => fanOutMapping.poll(),
  );
  const deliveries = new SimulatedQueue<DeliveryKey>(
    scheduler,
    faults,
    { fifo: false, visibilityMs: 120_000, batchSize: 10, maxReceives },
    () => deliverMapping.poll(),
  );
  const filter = new Filter(faults);
  const poison = new Poison(scheduler, faults);
  const outages = new Outages(scheduler, faults, eventLog);
  const onQueue = new Set<EventId>();
  const wakesOfExpired = new Map<string, number>();
  const shared: Shared = {
    scheduler,
    faults,
    outages,
    eventLog,
    configTable,
    receivers,
    poison,
    filter,
    aheadMs: clockJump.aheadMs,
    skewMs: areSkewed ? scheduler.between(15_000, 60_000) : 1_000,
    note,
    queues: (process) =>
      queuesOf(process, { faults, eventLog, events, deliveries, onQueue, wakesOfExpired, fail }),
  };
  const functions = {
    ingest: new SimulatedFunction(shared, 'ingest', 15_000),
    fanOut: new SimulatedFunction(shared, 'fan-out', 120_000),
    deliver: new SimulatedFunction(shared, 'deliver', 60_000),
    sweep: new SimulatedFunction(shared, 'sweep', 50_000),
    operator: new SimulatedFunction(shared, 'operator', 60_000),
  };
  const { extendsLateBatches = true } = options;
  const fanOutMapping = new SimulatedMapping({
    scheduler,
    faults,
    target: functions.fanOut,
    concurrency: 4,
    queue: events,
    work: (relay, messages) => fanOut(relay, messages),
    toMessage: asEventMessage,
    extendsLateBatches,
    hasLeases: false,
  });
  const deliverMapping = new SimulatedMapping({
    scheduler,
    faults,
    target: functions.deliver,
    concurrency: 2,
    queue: deliveries,
    work: deliver,
    toMessage: ({ message }) => ({ ...message }),
    extendsLateBatches,
    hasLeases: true,
  });
  const hub = new Hub({ scheduler, ingest: functions.ingest, onQueue, note });
  const operator = new Operator({
    scheduler,
    faults,
    configTable,
    eventLog,
    orders: hub.orderIds.map(orderKey),
    program: functions.operator,
    note,
  });
  const refusals = new Refusals({
    ...{ scheduler, faults, receivers, configTable, well, note, fail },
    wasAway: operator.wasAway,
  });
  const world: RunWorld = {
    scheduler,
    weather,
    faults,
    configTable,
    eventLog,
    receivers,
    filter,
    poison,
    events,
    hub,
    operator,
    refusals,
    retentionMs: retentionDays * DAY_MS,
    areClocksFarApart,
    didClocksJump: clockJump.strikes,
    fail,
  };
  const liveness = new Liveness(world);
  // In a few runs faults go on for hours.
  const faultsLastMs = scheduler.between(1, scheduler.chance(0.02) ? 150 : 6) * MINUTE_MS;
  clockJump.plan(faultsLastMs);
  void outages.run(faultsLastMs);
  if (faults.hasOperator) void operator.work();
  refusals.start();
  const days = { retentionDays, isRetentionShort };
  sendAway({ scheduler, faults, operator, receivers, note }, days);

  /** Once faults have stopped, a sweep that would find nothing due need not be run; and days of waiting are cut short. */
  function untilNextSweepMs(owed: readonly OwedItem[], idle: boolean): number {
    const isOperatorDone = scheduler.nowMs > faultsEndedAtMs + OPERATOR_DONE_MS;
    // Work that goes on later may write something that is owed.
    const isForeseeable = isOperatorDone && idle && faults.leftoverWork === 0;
    if (!isForeseeable || owed.length === 0) return MINUTE_MS;
    const isLong = scheduler.nowMs > startedAtMs + faultsLastMs + 60 * MINUTE_MS;
    const firstDueMs = Math.min(
      ...owed.map(({ dueAt }) => (isNextYear(dueAt, scheduler) ? scheduler.nowMs : dueAt.getTime())),
    );
    return Math.max(isLong ? 15 * MINUTE_MS : MINUTE_MS, firstDueMs - scheduler.nowMs + 2_000);
  }

  let faultsEndedAtMs = Number.POSITIVE_INFINITY;
  let done = false;
  const tick = () => {
    if (hub.talking === 0 && scheduler.nowMs > startedAtMs + faultsLastMs && faults.enabled) {
      faults.enabled = false;
      faultsEndedAtMs = scheduler.nowMs;
      note('faults stop');
      liveness.faultsEnded();
      refusals.faultsEnded();
    }
    expiry.run();
    const owed = eventLog.allOwed().filter(({ owedTo }) => !owedTo.startsWith('attention#'));
    const idle =
      [...Object.values(functions), fanOutMapping, deliverMapping].every(({ running }) => running === 0) &&
      events.size + deliveries.size === 0;
    if (!faults.enabled && idle && owed.length === 0) done = true;
    if (scheduler.nowMs > startedAtMs + faultsLastMs + settledWithinDays(faults, days) * DAY_MS) {
      fail(
        `still owed after days: ${owed.map((item) => `${item.kind} ${item.eventId} to ${item.owedTo}`).join(', ')}; ${events.size + deliveries.size} messages`,
      );
      done = true;
    }
    functions.sweep.invoke(
      (relay, deadline) => sweep(relay, deadline),
      () => {},
    );
    scheduler.after(untilNextSweepMs(owed, idle), tick);
  };
  scheduler.after(MINUTE_MS, tick);
  await scheduler.run(() => done);

  await checkAtEnd(world);
  const timeouts = Object.values(functions).reduce((sum, each) => sum + each.timeouts, 0);
  if (weather !== 'rough' && timeouts > 0) fail('a function ran into its timeout, though no call was slow');
  const settledInMs =
    isAwayForLong(faults) || isRetentionShort || areSkewed ? new Map() : await liveness.check();
  return {
    seed,
    failures,
    history,
    faults: faults.counts,
    faultsDrawn: faults.drawn,
    sends: receivers.sent.length,
    webhooks: hub.webhooks.length,
    deadLetters: events.deadLetters.length + deliveries.deadLetters.length,
    settledInMs,
  };
}

function asEventMessage({ message, receives }: Received<EventMessage>): EventMessage {
  return { ...message, receivedBefore: receives > 1 };
}
