/**
 * Sends the due deliveries of one endpoint while this invocation holds its lock, earliest first. It starts with one
 * request in flight, or as many as the service before it reached, and adds one after each success, up to ten. After a
 * failure it continues with one.
 */

import type { SendingContext } from '../context.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { currentAdmission } from '../health/admission.ts';
import { type DeliveryLock, takeProbe } from '../health/delivery-lock.ts';
import { asksForShortWait, backlogDrained, isEndpointFailure } from '../health/health.ts';
import type { RateLimiter } from '../health/rate-limiter.ts';
import { ANY_TIME, after, type Deadline } from '../model/clock.ts';
import { type DeliveryKey, isTest } from '../model/delivery.ts';
import type { EndpointId } from '../model/ids.ts';
import type { DeliveryMessage } from '../ports/queues.ts';
import { maxDeliveryMs } from '../sending/transform.ts';
import { cancelOrder, type EndOfEndpoint } from './cancel-order.ts';
import { deliverOrder } from './deliver-order.ts';
import { DueDeliveries } from './due-deliveries.ts';
import { OrderWorkers } from './order-workers.ts';
import { Spacing } from './spacing.ts';

/** The time for reading rows and writing the result of an attempt. */
const WRITING_TAKES_MS = 5_000;
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
  readonly #workers = new OrderWorkers();
  readonly #unattempted: DeliveryKey[] = [];
  #inFlightLimit: number;
  /** The number of attempts and of cancelled orders. */
  #done = 0;
  /** No other request can be made in the time of this service. */
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
      // After a round without progress, the remaining deliveries wait for something else.
      let doneBefore: number;
      do {
        doneBefore = this.#done;
        while (await this.#step());
      } while (this.#done > doneBefore && this.#due.restart());
    } finally {
      await this.#workers.allHaveEnded();
    }
  }

  /** The limit for the next service; undefined when this one has not learned anything. */
  get inFlightLimit(): number | undefined {
    return this.#done > 0 ? this.#inFlightLimit : undefined;
  }

  /**
   * The remaining work when time is over: deliveries that messages name, and the message that continues the service.
   * Without an attempt there is no message: otherwise messages would circulate for an endpoint that must wait.
   */
  async rest(): Promise<{ unstarted: readonly DeliveryKey[]; next: DeliveryMessage | undefined }> {
    const unstarted = [...this.#unattempted, ...this.#due.unstarted];
    const hasNext = this.#isOutOfTime && (this.#done > 0 || this.#isAskedToWait);
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
    if (this.#isLate('endpoint' in admission ? admission.endpoint : undefined)) this.#isOutOfTime = true;
    if (this.#isOutOfTime) return false;
    switch (admission.kind) {
      case 'park':
      case 'probe': {
        // An endpoint that is parked gets here only for a test.
        const test = this.#due.nextTest();
        return test === undefined
          ? this.#probe(admission.endpoint)
          : this.#sendTest(admission.endpoint, test);
      }
      case 'wait':
        return this.#waitAsAsked(admission.waitMs);
      case 'send':
        return this.#sendNext(admission.endpoint);
      case 'cancel':
      case 'removed':
        return this.#cancelNext(admission);
    }
  }

  async #sendNext(endpoint: Endpoint): Promise<boolean> {
    if (this.#workers.count >= this.#limit) return this.#workers.oneHasEnded();
    const { waitMs } = this.#spacing;
    if (waitMs > 0) return this.#waitAsAsked(waitMs);
    const { recoveredAt } = this.#context.config.healthRecorder.current(this.#endpointId);
    const key = await this.#due.next(recoveredAt === undefined ? this.#context.clock.now() : ANY_TIME);
    if (key === undefined) return this.#endOfList();
    const id = endpoint.ordering === 'none' ? key.eventId : key.orderKey;
    this.#start(id, key, () => this.#deliver(endpoint, key, false));
    return true;
  }

  async #cancelNext(admission: EndOfEndpoint): Promise<boolean> {
    if (this.#workers.count >= CANCELLED_IN_PARALLEL) return this.#workers.oneHasEnded();
    const key = await this.#due.next(ANY_TIME);
    if (key === undefined) return this.#endOfList();
    this.#start(key.orderKey, key, async () => {
      if (await cancelOrder(this.#context, admission, key)) this.#done += 1;
    });
    return true;
  }

  /** An error in one delivery does not stop the others. Its row stays due, so sweep retries it. */
  #start(id: string, { eventId, endpointId }: DeliveryKey, work: () => Promise<unknown>): void {
    this.#workers.start(id, async () => {
      try {
        await work();
      } catch (error) {
        const ids = { eventId, endpointId };
        this.#context.telemetry.error('delivery failed; sweep enqueues it again', error, ids);
      }
    });
  }

  /** While requests are in flight, other deliveries may become due. False when there are none. */
  async #endOfList(): Promise<boolean> {
    if (await this.#workers.oneHasEnded()) return true;
    const { health, healthRecorder } = this.#context.config;
    if (healthRecorder.current(this.#endpointId).recoveredAt !== undefined) {
      // Every delivery that waited at the recovery was attempted.
      await healthRecorder.flush();
      await health.change(this.#endpointId, backlogDrained);
    }
    return false;
  }

  /** How many requests may be in flight now. */
  get #limit(): number {
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

  /** Waits only if there is a delivery to send afterwards, and time to send it. False at the end of the list. */
  async #waitAsAsked(waitMs: number): Promise<boolean> {
    const { clock } = this.#context;
    const key = await this.#due.next(after(clock.now(), waitMs));
    if (key === undefined) return this.#endOfList();
    this.#due.putBack(key);
    if (clock.monotonicMs() + waitMs >= this.#stopAtMs) {
      this.#isOutOfTime = true;
      this.#isAskedToWait = true;
    } else await clock.sleep(waitMs);
    return true;
  }

  /** Sends one request while no other is in flight. True when the endpoint answers again. */
  async #probe(endpoint: Endpoint): Promise<boolean> {
    await this.#workers.allHaveEnded();
    // The rate limit comes before the probe is taken. If the wait is too long, a later service probes.
    if (this.#rateLimiter !== undefined && !(await this.#rateLimiter.waitForTurn(this.#stopAtMs)))
      return false;
    if (!(await takeProbe(this.#context, this.#endpointId))) return false;
    let hasAttempted = false;
    while (!hasAttempted && !this.#isLate(endpoint)) {
      const key = await this.#due.next(ANY_TIME);
      if (key === undefined) break;
      hasAttempted = await this.#deliver(endpoint, key, true);
    }
    // Stryker disable next-line ConditionalExpression: the next step would read the rows again, and end
    return this.#context.config.healthRecorder.current(this.#endpointId).state === 'ok';
  }

  /** False when no attempt was made. */
  async #deliver(endpoint: Endpoint, key: DeliveryKey, isProbe: boolean): Promise<boolean> {
    let hasAttempted = false;
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
          hasAttempted = true;
          this.#done += 1;
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
    return hasAttempted;
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
}
