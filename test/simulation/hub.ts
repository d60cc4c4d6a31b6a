/** The Hub: sends the webhooks of some orders, and remembers how each was answered. */

import { ingest } from '../../lib/relay/ingest.ts';
import { type EventId, sha256Hex } from '../../lib/relay/model/ids.ts';
import type { SimulatedFunction } from './functions.ts';
import type { Process } from './process.ts';
import type { Scheduler } from './scheduler.ts';

const TOKEN = 'token'.padEnd(43, '-');
export const SOURCE_ROW = { tokenSha256: sha256Hex(TOKEN) };

export interface Webhook {
  readonly orderId: string;
  /** Its place in what the Hub sent of the order, from one. */
  readonly number: number;
  /** The number that its body holds: that of an earlier one, when nothing has changed since. 0 without a snapshot. */
  readonly says: number;
  readonly sentAtMs: number;
  /** Absent when it was not answered 2xx. */
  accepted?: {
    readonly eventId: EventId;
    readonly atMs: number;
    /** The table refused it: until fan-out has stored it, nobody who reads the order sees it. */
    readonly byQueue: boolean;
    /** Its id was made after the order's newest id had been read. */
    readonly readNewestId: boolean;
  };
}

export interface HubWorld {
  readonly scheduler: Scheduler;
  readonly ingest: SimulatedFunction;
  readonly onQueue: ReadonlySet<EventId>;
  readonly note: (text: string) => void;
}

export class Hub {
  readonly startedAtMs: number;
  readonly webhooks: Webhook[] = [];
  readonly orderIds: readonly string[];
  /** Orders of which webhooks are still to come. */
  talking: number;
  readonly #world: HubWorld;

  constructor(world: HubWorld) {
    this.#world = world;
    const { scheduler } = world;
    this.startedAtMs = scheduler.nowMs;
    const isBurst = scheduler.chance(0.08);
    const orders = isBurst ? Math.floor(scheduler.between(12, 30)) : 1 + Math.floor(scheduler.random() * 3);
    this.orderIds = Array.from({ length: orders }, (_, index) => String(index + 1));
    this.talking = orders;
    for (const orderId of this.orderIds) void this.#play(orderId, isBurst).then(() => this.talking--);
  }

  async #play(orderId: string, isBurst: boolean): Promise<void> {
    const { scheduler } = this.#world;
    const count = isBurst ? 1 : 2 + Math.floor(scheduler.random() * 7);
    let says = 0;
    const longestGapMs = scheduler.pick([50, 1_000, 8_000]);
    if (isBurst) await scheduler.sleep(scheduler.between(0, 5_000));
    for (let number = 1; number <= count; number++) {
      if (says === 0 || scheduler.chance(0.7)) says = number;
      const answered = this.#send(orderId, number, scheduler.chance(0.1) ? 0 : says);
      if (scheduler.chance(0.7)) await answered;
      await scheduler.sleep(scheduler.between(0, longestGapMs));
    }
  }

  #send(orderId: string, number: number, says: number): Promise<void> {
    const { scheduler, note, onQueue, ingest: target } = this.#world;
    const webhook: Webhook = { orderId, number, says, sentAtMs: scheduler.nowMs };
    this.webhooks.push(webhook);
    const request = {
      token: TOKEN,
      rawQuery: `orderid=${orderId}`,
      body: Buffer.from(
        says === 0 ? scheduler.pick(['', 'ping', '[]', '{}']) : `{"n":${says}}${' '.repeat(number % 2)}`,
      ),
    };
    let process: Process | undefined;
    return new Promise((resolve) => {
      target.invoke(
        (relay, _, invoked) => {
          process = invoked;
          return ingest(relay, request);
        },
        (answer) => {
          const text = answer === 'died' ? 'no answer' : answer.kind;
          if (answer !== 'died' && answer.kind === 'accepted') {
            const { eventId } = answer;
            const byQueue = onQueue.has(eventId);
            const readNewestId = process?.readNewestId ?? false;
            webhook.accepted = { eventId, atMs: scheduler.nowMs, byQueue, readNewestId };
          }
          note(`webhook ${number} of order ${orderId}: ${text} ${webhook.accepted?.eventId ?? ''}`);
          resolve();
        },
      );
    });
  }
}
