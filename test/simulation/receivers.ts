/** The endpoints of a run: each flips between answering, failing and hanging, and remembers what it was sent. */
import type { EventId } from '../../lib/relay/ids.ts';
import type { OutgoingRequest, SendResult } from '../../lib/relay/ports.ts';
import type { Faults } from './faults.ts';
import type { Process } from './process.ts';
import type { Scheduler } from './scheduler.ts';

/** `hangs` stands for whatever the relay gives up on, also what takes the event and answers too late. */
const MODES = ['answers', 'errors', 'refuses', 'hangs', 'slow', 'busy'] as const;
type Mode = (typeof MODES)[number];

/** One POST as the endpoint and the relay saw it. */
export interface Sent {
  readonly endpointId: string;
  readonly orderId: string;
  readonly eventId: EventId;
  readonly startedAtMs: number;
  /** Who sent it, and whether that one is still at it. */
  readonly process: Process;
  inFlight: boolean;
  /** When the sender learned of the 2xx; absent if it never did. */
  acknowledgedAtMs?: number;
}

export class Receivers {
  readonly sent: Sent[] = [];
  readonly #scheduler: Scheduler;
  readonly #faults: Faults;
  readonly #modes = new Map<string, { mode: Mode; untilMs: number }>();
  readonly #vanished = new Set<string>();
  readonly #onSend: (sent: Sent) => void;

  constructor(scheduler: Scheduler, faults: Faults, onSend: (sent: Sent) => void) {
    this.#scheduler = scheduler;
    this.#faults = faults;
    this.#onSend = onSend;
  }

  async post(process: Process, { url, headers, timeoutMs }: OutgoingRequest): Promise<SendResult> {
    const { hostname, searchParams } = new URL(url);
    const eventId = headers['webhook-id'] as EventId;
    const sent: Sent = {
      endpointId: hostname,
      orderId: searchParams.get('orderid') ?? '',
      eventId,
      startedAtMs: this.#scheduler.nowMs,
      process,
      inFlight: true,
    };
    this.#onSend(sent);
    this.sent.push(sent);
    const { durationMs, result } = this.#answer(hostname, timeoutMs);
    await process.clock.sleep(durationMs);
    sent.inFlight = false;
    if (result.kind === 'answer' && result.status === 200) sent.acknowledgedAtMs = this.#scheduler.nowMs;
    return result;
  }

  #answer(endpointId: string, timeoutMs: number): { durationMs: number; result: SendResult } {
    switch (this.#modeOf(endpointId)) {
      case 'answers':
        return { durationMs: this.#scheduler.between(1, 200), result: answer(200) };
      case 'slow':
        return { durationMs: this.#scheduler.between(0.2, 0.95) * timeoutMs, result: answer(200) };
      case 'busy':
        return { durationMs: 5, result: answer(429, { retryAfter: this.#retryAfter() }) };
      case 'errors':
        return { durationMs: this.#scheduler.between(1, 200), result: answer(500) };
      case 'refuses':
        return { durationMs: 1, result: { kind: 'failure', error: 'connection refused' } };
      case 'hangs':
        return { durationMs: timeoutMs, result: { kind: 'failure', error: 'timeout' } };
    }
  }

  /** In either of its forms. */
  #retryAfter(): string {
    const seconds = Math.floor(this.#scheduler.between(1, 120));
    const date = new Date(this.#scheduler.nowMs + seconds * 1000);
    return this.#scheduler.chance(0.5) ? String(seconds) : date.toUTCString();
  }

  /** Away for days, whatever else goes wrong or does not any more. */
  vanish(endpointId: string, durationMs: number): void {
    this.#modes.set(endpointId, { mode: 'refuses', untilMs: this.#scheduler.nowMs + durationMs });
    this.#vanished.add(endpointId);
  }

  #modeOf(endpointId: string): Mode {
    if (this.#vanished.has(endpointId) && (this.#modes.get(endpointId)?.untilMs ?? 0) > this.#scheduler.nowMs)
      return 'refuses';
    if (!this.#faults.enabled) return 'answers';
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

function answer(status: number, more: { readonly retryAfter?: string } = {}): SendResult {
  return { kind: 'answer', status, text: '', ...more };
}
