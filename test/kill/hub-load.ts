/** The Hub, busy: orders that move on in bursts, each webhook sent once, come what may. */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Random } from '../../lib/relay/model/clock.ts';
import type { Accepted } from './verdict.ts';

const ORDERS = 20;
const BURST = { least: 3, most: 10 };
const WEBHOOKS_PER_SECOND = 15;
/** Between the bursts of one order, so that all together keep to the rate. */
const PAUSE_MS = (1_000 * ORDERS * (BURST.least + BURST.most)) / 2 / WEBHOOKS_PER_SECOND;
const STATUSES = ['New', 'ReadyForImageDl', 'Pending', 'InProduction', 'Shipped', 'Delivered'];
/** API Gateway answers within 30 seconds, come what may. */
const ANSWER_LIMIT_MS = 35_000;

const acceptedSchema = z.looseObject({ eventId: z.string() });

export interface HubLoad {
  readonly accepted: readonly Accepted[];
  readonly counts: Readonly<Counts>;
  /** Ends the bursts that have begun, and no new one. */
  stop(): Promise<void>;
}

interface Counts {
  sent: number;
  /** Answered with another status. */
  refused: number;
  /** Nobody listened: the relay was down. */
  notConnected: number;
  /** The connection was lost before there was an answer: nothing was promised. */
  withoutAnswer: number;
}

/** @param address asked for anew for each webhook */
export function startHubLoad(address: () => string, random: Random): HubLoad {
  const accepted: Accepted[] = [];
  const counts: Counts = { sent: 0, refused: 0, notConnected: 0, withoutAnswer: 0 };
  const stopping = new AbortController();

  const pause = () => sleep(2 * PAUSE_MS * random(), undefined, { signal: stopping.signal }).catch(() => {});
  const moveOn = async (orderId: string) => {
    await pause();
    for (let step = 0; !stopping.signal.aborted; await pause()) {
      const burst = BURST.least + Math.floor(random() * (BURST.most - BURST.least + 1));
      for (const until = step + burst; step < until; step++) await send(orderId, step);
    }
  };
  const send = async (orderId: string, step: number) => {
    counts.sent += 1;
    const item = { Sku: 'Mug', Status: STATUSES[step % STATUSES.length], TrackingNumber: String(step) };
    try {
      const answer = await fetch(`${address()}${orderId}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ Id: orderId, Items: [item] }),
        signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
      });
      if (!answer.ok) counts.refused += 1;
      else accepted.push({ orderId, eventId: acceptedSchema.parse(await answer.json()).eventId });
    } catch (error) {
      counts[isRefusedConnection(error) ? 'notConnected' : 'withoutAnswer'] += 1;
    }
  };

  const moving = Promise.all(Array.from({ length: ORDERS }, (_, order) => moveOn(`7-${order}`)));
  return {
    accepted,
    counts,
    async stop() {
      stopping.abort();
      await moving;
    },
  };
}

function isRefusedConnection(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED';
}
