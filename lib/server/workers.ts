/** Everything that the relay does by itself: fan-out, deliver, sweep, messages of other processes, and expiry. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RelayContext } from '../relay/context.ts';
import { deliver } from '../relay/deliver/deliver.ts';
import { fanOut } from '../relay/fan-out/fan-out.ts';
import { Deadline } from '../relay/model/clock.ts';
import { sweep } from '../relay/sweep/sweep.ts';
import type { SqliteStore } from '../sqlite/sqlite-store.ts';
import type { InMemoryDeliveryQueue } from './queues/in-memory-delivery-queue.ts';
import type { InMemoryEventQueue } from './queues/in-memory-event-queue.ts';
import { recoverDeliveries, recoverEvents, releaseLocks } from './recover.ts';
import { RepeatedTask } from './repeated-task.ts';
import { StoppableDeadline } from './stoppable-deadline.ts';

/** The functions' timeouts on AWS: what they do within that time, they do here. */
const DELIVER_MS = 60_000;
const SWEEP_MS = 50_000;

const SWEEP_EVERY_MS = 60_000;
const POLL_EVERY_MS = 250;
/** Each step is one transaction, which blocks the event loop: 30 ms at most for webhooks of 300 KB. */
const EXPIRY_STEP = 20;
const MESSAGES_STEP = 500;

export interface WorkersContext extends RelayContext {
  readonly eventQueue: InMemoryEventQueue;
  readonly deliveryQueue: InMemoryDeliveryQueue;
}

export interface Workers {
  /** When sweep last ended, by the monotonic clock. */
  readonly sweptAtMs: number;
  /** Finds what the table owes, for example after messages were dropped. */
  recoverSoon(): void;
  /** Starts nothing more, and waits for running work. */
  stop(): Promise<void>;
}

/** @param silenceHours hours without a webhook before a notice is sent; 0 sends none */
export async function startWorkers(
  context: WorkersContext,
  { messages, deleteExpired }: Pick<SqliteStore, 'messages' | 'deleteExpired'>,
  silenceHours: number,
): Promise<Workers> {
  const { clock, telemetry, eventQueue, deliveryQueue } = context;
  const stopping = new AbortController();
  const state = { sweptAtMs: clock.monotonicMs() };
  const onError = (what: string) => (error: unknown) => telemetry.error(`${what} failed`, error);

  const sweeping = new RepeatedTask({
    pauseMs: SWEEP_EVERY_MS,
    onError: onError('sweep'),
    async work() {
      await sweep(context, new Deadline(clock, SWEEP_MS), silenceHours);
      state.sweptAtMs = clock.monotonicMs();
    },
  });
  const recovering = new RepeatedTask({
    onError: onError('finding owed work'),
    async work() {
      await recoverEvents(context);
      await recoverDeliveries(context);
    },
  });
  const expiring = new RepeatedTask({
    pauseMs: SWEEP_EVERY_MS,
    onError: onError('deleting expired rows'),
    async work() {
      while (!stopping.signal.aborted && (await deleteExpired(EXPIRY_STEP)) === EXPIRY_STEP) await nextTurn();
    },
  });
  const polling = new RepeatedTask({
    pauseMs: POLL_EVERY_MS,
    onError: onError('reading messages'),
    async work() {
      if (!messages.haveArrived()) return;
      for (const message of await messages.take(MESSAGES_STEP)) {
        if (message.queue === 'event') await eventQueue.enqueueAgain([message]);
        else await deliveryQueue.send([message]);
      }
    },
  });

  await releaseLocks(context);
  eventQueue.start((received) => fanOut(context, received));
  deliveryQueue.start((keys) =>
    deliver(context, keys, new StoppableDeadline(clock, DELIVER_MS, stopping.signal)),
  );
  for (const one of [recovering, sweeping, expiring, polling]) one.runSoon();
  return {
    get sweptAtMs() {
      return state.sweptAtMs;
    },
    recoverSoon: () => recovering.runSoon(),
    async stop() {
      stopping.abort();
      const tasks = [recovering, sweeping, expiring, polling].map((one) => one.stop());
      await Promise.all([...tasks, eventQueue.stop(), deliveryQueue.stop()]);
    },
  };
}
