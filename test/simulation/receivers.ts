/** The endpoints of a run: each flips between answering, failing and hanging, and remembers what it was sent. */
import type { EventId } from '../../lib/relay/model/ids.ts';
import type { OutgoingRequest, SendResult } from '../../lib/relay/ports/outgoing.ts';
import type { Faults } from './faults.ts';
import type { Process } from './process.ts';
import type { Scheduler } from './scheduler.ts';

/** `hangs` stands for whatever the relay gives up on, also what takes the event and answers too late. */
const MODES = ['answers', 'errors', 'rejects', 'refuses', 'hangs', 'slow', 'busy'] as const;
type Mode = (typeof MODES)[number];

/** One POST as the endpoint and the relay saw it. */
export interface Sent {
  readonly endpointId: string;
  readonly orderId: string;
  readonly eventId: EventId;
  readonly startedAtMs: number;
  /**
   * The endpoint has answered by then, or its time is over. Until then it may be at work on the request, also when the
   * sender has died or stands still.
   */
  readonly inFlightUntilMs: number;
  readonly result: SendResult;
  readonly process: Process;
  /** When the sender learned of the answer; absent if it never did. */
  answeredAtMs?: number;
  /** When the sender learned of the 2xx; absent if it never did. */
  acknowledgedAtMs?: number;
}

export class Receivers {
  readonly sent: Sent[] = [];
  readonly #scheduler: Scheduler;
  readonly #faults: Faults;
  readonly #modes = new Map<string, { mode: Mode; untilMs: number }>();
  readonly #awayUntilMs = new Map<string, number>();
  readonly #refusing = new Map<string, { status: number; untilMs: number }>();
  readonly #well: ReadonlySet<string>;
  readonly #onSend: (sent: Sent) => void;

  /** @param well endpoints that answer whatever happens */
  constructor(scheduler: Scheduler, faults: Faults, well: ReadonlySet<string>, onSend: (sent: Sent) => void) {
    this.#scheduler = scheduler;
    this.#faults = faults;
    this.#well = well;
    this.#onSend = onSend;
  }

  async post(process: Process, { url, headers, timeoutMs }: OutgoingRequest): Promise<SendResult> {
    const { hostname, searchParams } = new URL(url);
    const mode = this.#modeOf(hostname);
    const { durationMs, result } = this.#refusalOf(hostname, timeoutMs) ?? this.#answer(mode, timeoutMs);
    const startedAtMs = this.#scheduler.nowMs;
    const sent: Sent = {
      endpointId: hostname,
      orderId: searchParams.get('orderid') ?? '',
      eventId: headers['webhook-id'] as EventId,
      startedAtMs,
      inFlightUntilMs: startedAtMs + durationMs,
      result,
      process,
    };
    this.#onSend(sent);
    this.sent.push(sent);
    process.environment.callsUnderWay += 1;
    // The sender's own timer ends a request that hangs; everything else comes from the network.
    if (result.kind === 'failure' && mode === 'hangs') await process.clock.sleep(durationMs);
    else await process.environment.arrival(durationMs);
    process.environment.callsUnderWay -= 1;
    sent.answeredAtMs = this.#scheduler.nowMs;
    if (result.kind === 'answer' && result.status === 200) sent.acknowledgedAtMs = this.#scheduler.nowMs;
    return result;
  }

  #answer(mode: Mode, timeoutMs: number): { durationMs: number; result: SendResult } {
    const soonMs = Math.min(this.#scheduler.between(1, 200), timeoutMs);
    switch (mode) {
      case 'answers':
        return { durationMs: soonMs, result: answer(200) };
      case 'slow':
        return { durationMs: this.#scheduler.between(0.2, 0.95) * timeoutMs, result: answer(200) };
      case 'busy':
        return { durationMs: 5, result: this.#busy() };
      case 'errors':
        return { durationMs: soonMs, result: answer(500) };
      case 'rejects':
        return { durationMs: soonMs, result: answer(this.#scheduler.pick([401, 403, 422])) };
      case 'refuses':
        return { durationMs: 1, result: { kind: 'failure', error: 'connection refused' } };
      case 'hangs':
        return { durationMs: timeoutMs, result: { kind: 'failure', error: 'timeout' } };
    }
  }

  /** Asks for a wait in any of the forms. */
  #busy(): SendResult {
    const status = this.#scheduler.pick([429, 503]);
    const seconds = this.#scheduler.chance(0.5)
      ? this.#scheduler.between(0.1, 5)
      : this.#scheduler.between(1, 120);
    const date = new Date(this.#scheduler.nowMs + seconds * 1000);
    switch (this.#scheduler.pick(['seconds', 'fractions', 'date', 'body'])) {
      case 'seconds':
        return answer(status, { retryAfter: String(Math.ceil(seconds)) });
      case 'date':
        return answer(status, { retryAfter: date.toUTCString() });
      case 'body':
        return answer(status, { text: JSON.stringify({ retry_after: seconds }) });
      default:
        return answer(status, { retryAfter: seconds.toFixed(3) });
    }
  }

  /** Away for long, whatever else fails or does not fail any more. */
  vanish(endpointId: string, durationMs: number): void {
    this.#awayUntilMs.set(endpointId, this.#scheduler.nowMs + durationMs);
  }

  /** It answers everything with this status, whether or not other faults strike. */
  refuse(endpointId: string, status: number, durationMs: number): void {
    this.#refusing.set(endpointId, { status, untilMs: this.#scheduler.nowMs + durationMs });
  }

  #refusalOf(endpointId: string, timeoutMs: number): { durationMs: number; result: SendResult } | undefined {
    const { status, untilMs = 0 } = this.#refusing.get(endpointId) ?? {};
    if (status === undefined || untilMs <= this.#scheduler.nowMs) return undefined;
    return { durationMs: Math.min(this.#scheduler.between(1, 200), timeoutMs), result: answer(status) };
  }

  #modeOf(endpointId: string): Mode {
    if ((this.#awayUntilMs.get(endpointId) ?? 0) > this.#scheduler.nowMs) return 'refuses';
    if (!this.#faults.enabled || this.#well.has(endpointId)) return 'answers';
    const current = this.#modes.get(endpointId);
    if (current !== undefined && current.untilMs > this.#scheduler.nowMs) return current.mode;
    const mode = this.#faults.strikes('endpoint failed') ? this.#scheduler.pick(MODES) : 'answers';
    this.#modes.set(endpointId, {
      mode,
      untilMs: this.#scheduler.nowMs + this.#scheduler.between(500, 12_000),
    });
    return mode;
  }
}

function answer(
  status: number,
  more: { readonly retryAfter?: string; readonly text?: string } = {},
): SendResult {
  return { kind: 'answer', status, text: '', ...more };
}
