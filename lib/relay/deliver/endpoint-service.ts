/**
 * Sends the due deliveries of one endpoint while this invocation holds its lock, earliest first. It starts with one
 * request in flight, or as many as the service before it reached, and adds one after each success, up to ten. After a
 * failure it continues with one.
 */

import type { SendingContext } from '../context.ts';
import { settle } from '../delivery/settle.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { type CurrentAdmission, currentAdmission } from '../health/admission.ts';
import { type DeliveryLock, takeProbe } from '../health/delivery-lock.ts';
import { asksForShortWait, backlogDrained, isEndpointFailure } from '../health/health.ts';
import type { RateLimiter } from '../health/rate-limiter.ts';
import { awaitAll } from '../model/await-all.ts';
import { ANY_TIME, after, type Deadline, sane } from '../model/clock.ts';
import { type Delivery, type DeliveryKey, isLeased, isSettled, isTest } from '../model/delivery.ts';
import type { EndpointId } from '../model/ids.ts';
import type { Reason } from '../model/reason.ts';
import type { DeliveryMessage } from '../ports/queues.ts';
import { maxDeliveryMs } from '../sending/transform.ts';
import { deliverOrder, readRows } from './deliver-order.ts';
import { DueDeliveries } from './due-deliveries.ts';
import { Spacing } from './spacing.ts';

/** The time for reading rows and writing the result of an attempt. */
const WRITING_TAKES_MS = 5_000;
/** An endpoint that is missing here may be newer than this function's copy of the config. */
const UNKNOWN_FOR_MS = 60_000;
/** After this time the invocation ends, so that other endpoints get their turn. A message continues the service. */
const SERVED_FOR_MS = 10_000;
const MOST_IN_FLIGHT = 10;
/** Cancelling sends no request, so more may run at once. */
const CANCELLED_IN_PARALLEL = 25;
/** SQS delays a message by at most 15 minutes. */
const LONGEST_DELAY_SECONDS = 900;
/** With a longer interval between requests, a lease could expire while it waits. Then at most one is in flight. */
const LONGEST_WAIT_UNDER_LEASE_MS = 1_000;

export interface ServiceOptions {
  readonly context: SendingContext;
  readonly endpointId: EndpointId;
  /** The deliveries that messages name. */
  readonly keys: readonly DeliveryKey[];
  readonly lock: Pick<DeliveryLock, 'rateLimiter' | 'inFlightLimit'>;
  readonly deadline: Deadline;
}

export class EndpointService {
  readonly #context: SendingContext;
  readonly #endpointId: EndpointId;
  readonly #rateLimiter: RateLimiter | undefined;
  readonly #deadline: Deadline;
  readonly #due: DueDeliveries;
  readonly #stopAtMs: number;
  /** By order: two workers never work on the same order. */
  readonly #running = new Map<string, Promise<void>>();
  /** Orders that were returned again while a worker was busy with them. */
  readonly #again = new Set<string>();
  readonly #unattempted: DeliveryKey[] = [];
  #inFlightLimit: number;
  /** Attempts or ends in this round through the list. */
  #hasProgressed = false;
  #hasWorked = false;
  #isOutOfTime = false;
  readonly #spacing: Spacing;
  /** The endpoint asked for a wait that is longer than this service. */
  #isAskedToWait = false;

  constructor({ context, endpointId, keys, lock, deadline }: ServiceOptions) {
    this.#context = context;
    this.#endpointId = endpointId;
    this.#rateLimiter = lock.rateLimiter;
    // A person may have edited the row from which the limit comes.
    this.#inFlightLimit = Math.min(Math.max(lock.inFlightLimit, 1), MOST_IN_FLIGHT);
    this.#deadline = deadline;
    this.#spacing = new Spacing(context.clock);
    this.#due = new DueDeliveries(context, endpointId, keys);
    this.#stopAtMs = context.clock.monotonicMs() + SERVED_FOR_MS;
  }

  /** Rejects when the config or the list cannot be read. Sweep retries a delivery that cannot be processed. */
  async run(): Promise<void> {
    try {
      let goesOn = true;
      while (goesOn) goesOn = (await this.#step()) || this.#startsAnotherRound();
    } finally {
      await awaitAll([...this.#running.values()]);
    }
  }

  /** After a round without progress, the remaining deliveries wait for something else. */
  #startsAnotherRound(): boolean {
    const hasProgressed = this.#hasProgressed;
    this.#hasProgressed = false;
    return hasProgressed && !this.#isOutOfTime && this.#due.restart();
  }

  #noteProgress(): void {
    this.#hasProgressed = true;
    this.#hasWorked = true;
  }

  /** The limit for the next service; undefined when this one has not learned anything. */
  get inFlightLimit(): number | undefined {
    return this.#hasWorked ? this.#inFlightLimit : undefined;
  }

  /**
   * The remaining work when time is over: deliveries that messages name, and the message that continues the service.
   * Without an attempt there is no message: otherwise messages would circulate for an endpoint that must wait.
   */
  async rest(): Promise<{ unstarted: readonly DeliveryKey[]; next: DeliveryMessage | undefined }> {
    const unstarted = [...this.#unattempted, ...this.#due.unstarted];
    const hasNext = this.#isOutOfTime && (this.#hasWorked || this.#isAskedToWait);
    if (!hasNext) return { unstarted, next: undefined };
    const [first] = unstarted.length > 0 ? unstarted : await this.#due.peek();
    const waitMs = this.#context.config.healthRecorder.waitMs(this.#endpointId);
    const delayMs = Math.max(this.#rateLimiter?.waitMs ?? 0, waitMs);
    const delaySeconds = Math.min(Math.ceil(delayMs / 1000), LONGEST_DELAY_SECONDS);
    return { unstarted, next: first && { ...first, delaySeconds } };
  }

  /** False at the end of the list, or when the endpoint may not be sent to. */
  async #step(): Promise<boolean> {
    const admission = await currentAdmission(this.#context, this.#endpointId);
    if (admission.kind === 'invalid' || (admission.kind === 'park' && !this.#due.namesTest)) return false;
    if (this.#isLate('endpoint' in admission ? admission.endpoint : undefined)) {
      this.#isOutOfTime = true;
      return false;
    }
    const test = admission.kind === 'park' || admission.kind === 'probe' ? this.#due.nextTest() : undefined;
    if (test !== undefined && 'endpoint' in admission) return this.#sendTest(admission.endpoint, test);
    if (admission.kind === 'probe') return this.#probe(admission.endpoint);
    if (admission.kind === 'wait') return this.#waitAsAsked(admission.waitMs);
    if (this.#running.size >= this.#limitFor(admission)) return this.#oneHasEnded();
    const { waitMs } = this.#spacing;
    if (admission.kind === 'send' && waitMs > 0) return this.#waitAsAsked(waitMs);
    const isEnd = admission.kind !== 'send';
    const { recoveredAt } = this.#context.config.healthRecorder.current(this.#endpointId);
    const readsAll = isEnd || recoveredAt !== undefined;
    const key = await this.#due.next(readsAll ? ANY_TIME : this.#context.clock.now());
    if (key === undefined) return (await this.#oneHasEnded()) || this.#endCatchingUp();
    const isAlone = admission.kind === 'send' && admission.endpoint.ordering === 'none';
    const id = isAlone ? key.eventId : key.orderKey;
    const work = () => (isEnd ? this.#cancel(admission, key) : this.#deliver(admission.endpoint, key, false));
    if (this.#running.has(id)) this.#again.add(id);
    else this.#running.set(id, this.#work(id, key, work));
    return true;
  }

  /** An error in one delivery does not stop the others. Its row stays due, so sweep retries it. */
  async #work(id: string, { eventId, endpointId }: DeliveryKey, work: () => Promise<unknown>): Promise<void> {
    try {
      do {
        this.#again.delete(id);
        await work();
      } while (this.#again.has(id));
    } catch (error) {
      this.#context.telemetry.error('delivery failed; sweep enqueues it again', error, {
        eventId,
        endpointId,
      });
    } finally {
      this.#again.delete(id);
      this.#running.delete(id);
    }
  }

  /** False when no worker is running. */
  async #oneHasEnded(): Promise<boolean> {
    if (this.#running.size === 0) return false;
    await Promise.race(this.#running.values());
    return true;
  }

  /** The end of the list is reached: every delivery that waited at the recovery was attempted. */
  async #endCatchingUp(): Promise<boolean> {
    const { health, healthRecorder } = this.#context.config;
    if (healthRecorder.current(this.#endpointId).recoveredAt === undefined) return false;
    await healthRecorder.flush();
    await health.change(this.#endpointId, (now) => (now.state === 'ok' ? backlogDrained(now) : undefined));
    return false;
  }

  #limitFor(admission: CurrentAdmission): number {
    if (admission.kind !== 'send') return CANCELLED_IN_PARALLEL;
    const intervalMs = this.#rateLimiter?.intervalMs ?? 0;
    return this.#spacing.isOn || intervalMs > LONGEST_WAIT_UNDER_LEASE_MS ? 1 : this.#inFlightLimit;
  }

  #isLate(endpoint: Endpoint | undefined): boolean {
    const takesMs = endpoint === undefined ? 0 : maxDeliveryMs(endpoint);
    const isOver = this.#context.clock.monotonicMs() >= this.#stopAtMs;
    return isOver || !this.#deadline.allows(takesMs + WRITING_TAKES_MS);
  }

  /**
   * An operator's test is sent although the endpoint is paused or failing. Its result counts like that of a probe: a
   * success closes the circuit.
   */
  async #sendTest(endpoint: Endpoint, test: DeliveryKey): Promise<true> {
    await this.#deliver(endpoint, test, false);
    return true;
  }

  /** Waits only if there is a delivery to send afterwards. False at the end of the list, or when the wait is too long. */
  async #waitAsAsked(waitMs: number): Promise<boolean> {
    // An answer that is still to come may ask for more.
    if (await this.#oneHasEnded()) return true;
    const { clock } = this.#context;
    const key = await this.#due.next(after(clock.now(), waitMs));
    if (key === undefined) return this.#endCatchingUp();
    this.#due.putBack(key);
    if (clock.monotonicMs() + waitMs > this.#stopAtMs) {
      this.#isOutOfTime = true;
      this.#isAskedToWait = true;
      return false;
    }
    await clock.sleep(waitMs);
    return true;
  }

  /** Sends one request while no other is in flight. True when the endpoint answers again. */
  async #probe(endpoint: Endpoint): Promise<boolean> {
    await awaitAll([...this.#running.values()]);
    // The rate limit comes before the probe is taken. If the wait is too long, a later service probes.
    if (this.#rateLimiter !== undefined && !(await this.#rateLimiter.waitForTurn(this.#stopAtMs)))
      return false;
    if (!(await takeProbe(this.#context, this.#endpointId))) return false;
    for (;;) {
      if (this.#isLate(endpoint)) {
        this.#isOutOfTime = true;
        return false;
      }
      const key = await this.#due.next(ANY_TIME);
      if (key === undefined) return false;
      if ((await this.#deliver(endpoint, key, true)) > 0)
        return this.#context.config.healthRecorder.current(this.#endpointId).state === 'ok';
    }
  }

  /** @returns the number of attempts */
  async #deliver(endpoint: Endpoint, key: DeliveryKey, isProbe: boolean): Promise<number> {
    let attempts = 0;
    // A person waits for the answer to a test, and it is only one request.
    const isTested = isTest(key);
    await deliverOrder(
      {
        context: this.#context,
        endpoint,
        rateLimiter: isTested ? undefined : this.#rateLimiter,
        recoveredAt: this.#context.config.healthRecorder.current(this.#endpointId).recoveredAt,
        isProbe,
        mayAttempt: async () => isProbe || isTested || this.#mayAttempt(key),
        onAttempt: async (made) => {
          attempts += 1;
          this.#noteProgress();
          this.#inFlightLimit = isEndpointFailure(made)
            ? 1
            : Math.min(this.#inFlightLimit + 1, MOST_IN_FLIGHT);
          if (!isProbe && asksForShortWait(made)) this.#due.putBack(key);
          this.#spacing.observe(made);
          await this.#context.config.healthRecorder.flushIfChanged(this.#endpointId);
        },
      },
      key,
    );
    return attempts;
  }

  /** Called right before each attempt: other attempts may have changed the endpoint's health. */
  async #mayAttempt(key: DeliveryKey): Promise<boolean> {
    const admission = await currentAdmission(this.#context, this.#endpointId);
    if (admission.kind === 'wait') this.#due.putBack(key);
    if (admission.kind !== 'send') return false;
    if (
      !this.#isLate(admission.endpoint) &&
      (this.#rateLimiter === undefined || (await this.#rateLimiter.waitForTurn(this.#stopAtMs)))
    )
      return true;
    this.#isOutOfTime = true;
    this.#unattempted.push(key);
    return false;
  }

  async #cancel(admission: CurrentAdmission, { orderKey }: DeliveryKey): Promise<void> {
    const { clock } = this.#context;
    const now = clock.now();
    const youngest = after(now, -UNKNOWN_FOR_MS);
    const isYoung = ({ owedSince }: Delivery) => (sane(owedSince, now, 0) ?? youngest) > youngest;
    const rows = await readRows(this.#context, this.#endpointId, orderKey);
    for (const row of rows) {
      if (isSettled(row) || (admission.kind === 'removed' && isYoung(row))) continue;
      if (isLeased(row, clock.now())) continue;
      if (!(await settle(this.#context, row, 'cancelled', reasonOf(admission)))) continue;
      this.#noteProgress();
    }
  }
}

function reasonOf(admission: CurrentAdmission): Reason {
  return admission.kind === 'cancel' ? admission.reason : 'endpoint-removed';
}
