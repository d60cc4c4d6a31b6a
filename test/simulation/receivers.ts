/** The endpoints of a run: each flips between answering, failing and hanging, and remembers what it was sent. */
import type { EventId } from '../../lib/relay/ids.ts';
import type { OutgoingRequest, SendResult } from '../../lib/relay/ports.ts';
import type { Faults } from './faults.ts';
import type { Process } from './process.ts';
import type { Scheduler } from './scheduler.ts';

/** `hangs` stands for whatever the relay gives up on, also what takes the event and answers too late. */
const MODES = ['answers', 'errors', 'refuses', 'hangs', 'slow'] as const;
type Mode = (typeof MODES)[number];

/** One POST as the endpoint and the relay saw it. */
export interface Sent {
  readonly endpointId: string;
  readonly orderId: string;
  readonly eventId: EventId;
  readonly startedAtMs: number;
  /** When the sender learned of the 2xx; absent if it never did. */
  acknowledgedAtMs?: number;
}

export class Receivers {
  readonly sent: Sent[] = [];
  readonly #scheduler: Scheduler;
  readonly #faults: Faults;
  readonly #modes = new Map<string, { mode: Mode; untilMs: number }>();
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
    };
    this.sent.push(sent);
    this.#onSend(sent);
    const { durationMs, result } = this.#answer(hostname, timeoutMs);
    await process.clock.sleep(durationMs);
    if (result.kind === 'answer' && result.status === 200) sent.acknowledgedAtMs = this.#scheduler.nowMs;
    return result;
  }

  #answer(endpointId: string, timeoutMs: number): { durationMs: number; result: SendResult } {
    switch (this.#modeOf(endpointId)) {
      case 'answers':
        return { durationMs: this.#scheduler.between(1, 200), result: answer(200) };
      case 'slow':
        return { durationMs: this.#scheduler.between(0.2, 0.95) * timeoutMs, result: answer(200) };
      case 'errors':
        return { durationMs: this.#scheduler.between(1, 200), result: answer(500) };
      case 'refuses':
        return { durationMs: 1, result: { kind: 'failure', error: 'connection refused' } };
      case 'hangs':
        return { durationMs: timeoutMs, result: { kind: 'failure', error: 'timeout' } };
    }
  }

  #modeOf(endpointId: string): Mode {
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

function answer(status: number): SendResult {
  return { kind: 'answer', status, text: '' };
}
