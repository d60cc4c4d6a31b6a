/** Endpoints that behave as a scenario says, and a record of every request that they got. */
import type { OutgoingRequest, SendResult } from '../../../lib/relay/ports/outgoing.ts';
import type { Faults } from '../faults.ts';
import type { Process } from '../process.ts';
import { Receivers } from '../receivers.ts';
import type { Scheduler } from '../scheduler.ts';

interface Arrival {
  readonly orderId: string;
  readonly eventId: string;
  readonly nowMs: number;
  /** The endpoint's requests so far, this one included. */
  readonly count: number;
}

/** An answer with a status, or none at all: `afterMs` beyond the relay's timeout means that it hangs. */
interface Answer {
  readonly afterMs: number;
  /** Absent when the connection fails. */
  readonly status?: number;
  readonly retryAfter?: string;
}

export type Behaviour = (arrival: Arrival) => Answer;

export const answers =
  (afterMs: number, status = 200): Behaviour =>
  () => ({ afterMs, status });

export const refusesConnections: Behaviour = () => ({ afterMs: 50 });

export const hangs: Behaviour = () => ({ afterMs: Number.POSITIVE_INFINITY });

/** Behaves one way from a moment up to another one, and another way before and after. */
export const between =
  (fromMs: number, untilMs: number, then: Behaviour, otherwise: Behaviour): Behaviour =>
  (arrival) =>
    arrival.nowMs >= fromMs && arrival.nowMs < untilMs ? then(arrival) : otherwise(arrival);

/** Accepts one request per second, and asks for the rest of the second otherwise. */
export function onePerSecond(afterMs: number): Behaviour {
  let freeAtMs = 0;
  return ({ nowMs }) => {
    if (nowMs < freeAtMs) return { afterMs, status: 429, retryAfter: '1' };
    freeAtMs = nowMs + 1_000;
    return { afterMs, status: 200 };
  };
}

/** Fails one request in `every`. */
export const failsOneIn =
  (every: number, otherwise: Behaviour): Behaviour =>
  (arrival) =>
    arrival.count % every === 0 ? { afterMs: 50, status: 503 } : otherwise(arrival);

/** One request as the endpoint saw it. */
export interface Request {
  readonly endpointId: string;
  readonly orderId: string;
  readonly eventId: string;
  /** The function that sent it. */
  readonly by: string;
  readonly startedAtMs: number;
  /** Requests of the same function that were in flight when it started, this one included. */
  readonly inFlight: number;
  endedAtMs?: number;
  status?: number;
}

export class ScriptedReceivers extends Receivers {
  readonly requests: Request[] = [];
  readonly #scheduler: Scheduler;
  readonly #behaviours: ReadonlyMap<string, Behaviour>;
  readonly #counts = new Map<string, number>();
  readonly #inFlight = new Map<string, number>();
  readonly #byEndpoint = new Map<string, Request[]>();
  readonly #delivered = new Map<string, Map<string, number>>();

  constructor(scheduler: Scheduler, faults: Faults, behaviours: ReadonlyMap<string, Behaviour>) {
    super(scheduler, faults, new Set(), () => {});
    this.#scheduler = scheduler;
    this.#behaviours = behaviours;
  }

  /** In the order in which they arrived. */
  requestsTo(endpointId: string): readonly Request[] {
    return this.#byEndpoint.get(endpointId) ?? [];
  }

  /** When the endpoint acknowledged each event first, by event id. */
  deliveredTo(endpointId: string): ReadonlyMap<string, number> {
    return this.#delivered.get(endpointId) ?? new Map();
  }

  override async post(process: Process, { url, headers, timeoutMs }: OutgoingRequest): Promise<SendResult> {
    const { hostname: endpointId, searchParams } = new URL(url);
    const inFlightKey = `${endpointId} ${process.name}`;
    const inFlight = add(this.#inFlight, inFlightKey, 1);
    const request: Request = {
      endpointId,
      orderId: searchParams.get('orderid') ?? '',
      eventId: headers['webhook-id'] ?? '',
      by: process.name,
      startedAtMs: this.#scheduler.nowMs,
      inFlight,
    };
    this.requests.push(request);
    const ofEndpoint = this.#byEndpoint.get(endpointId) ?? [];
    this.#byEndpoint.set(endpointId, ofEndpoint);
    ofEndpoint.push(request);
    const behaviour = this.#behaviours.get(endpointId) ?? answers(50);
    const count = add(this.#counts, endpointId, 1);
    const answer = behaviour({ ...request, nowMs: request.startedAtMs, count });
    const durationMs = Math.min(answer.afterMs, timeoutMs);
    const status = answer.afterMs > timeoutMs ? undefined : answer.status;
    // The endpoint ends the request whether or not its sender still lives.
    this.#scheduler.after(durationMs, () => {
      add(this.#inFlight, inFlightKey, -1);
      request.endedAtMs = this.#scheduler.nowMs;
      if (status === undefined) return;
      request.status = status;
      if (status < 300) this.#noteDelivered(request);
    });
    await process.clock.sleep(durationMs);
    return status === undefined
      ? { kind: 'failure', error: answer.afterMs > timeoutMs ? 'timeout' : 'connection refused' }
      : {
          kind: 'answer',
          status,
          text: '',
          ...(answer.retryAfter !== undefined && { retryAfter: answer.retryAfter }),
        };
  }

  #noteDelivered({ endpointId, eventId }: Request): void {
    const delivered = this.#delivered.get(endpointId) ?? new Map<string, number>();
    this.#delivered.set(endpointId, delivered);
    if (!delivered.has(eventId)) delivered.set(eventId, this.#scheduler.nowMs);
  }
}

function add(counts: Map<string, number>, key: string, change: number): number {
  const count = (counts.get(key) ?? 0) + change;
  counts.set(key, count);
  return count;
}
