import { describe, expect, it } from 'vitest';
import { type TailNews, tailEvents } from '../../lib/operator/events/tail.ts';
import { after } from '../../lib/relay/model/clock.ts';
import type { EventRecord, Outcomes } from '../../lib/relay/model/event.ts';
import { NOTICES, orderKeyOf } from '../../lib/relay/model/ids.ts';
import { MemoryClock } from '../memory/clock.ts';
import { MemoryEventLog } from '../memory/event-log.ts';
import { MemoryEventReader } from '../memory/event-reader.ts';
import { anEndpointId, anEvent, anEventId } from '../ports/builders.ts';

const ERP = anEndpointId('erp');
const pending = { [ERP]: { state: 'pending', status: 503 } } satisfies Outcomes;
const acknowledged = { state: 'delivered', status: 200, durationMs: 5 } as const;

/** Follows the log while the steps run, one after each pause between polls. */
async function tailed(
  steps: readonly ((log: ReturnType<typeof aLog>) => Promise<unknown>)[],
  options: { readonly since?: Date } = {},
): Promise<TailNews[]> {
  const stop = new AbortController();
  const left = [...steps];
  const clock = new (class extends MemoryClock {
    #slept = 0;
    override async sleep(durationMs: number) {
      await super.sleep(durationMs);
      this.#slept += durationMs;
      if (this.#slept % 2_000 !== 0) return;
      const step = left.shift();
      if (step === undefined) stop.abort();
      else await step(log);
    }
  })();
  const log = aLog(clock);
  const connection = { clock, eventReader: new MemoryEventReader(log.eventLog) };
  return Array.fromAsync(tailEvents(connection, { ...options, signal: stop.signal }));
}

function aLog(clock: MemoryClock) {
  const eventLog = new MemoryEventLog(clock);
  return {
    eventLog,
    async received(parts: Partial<EventRecord> = {}, agoMs = 0) {
      const receivedAt = after(clock.now(), -agoMs);
      const event = anEvent({ eventId: anEventId(new MemoryClock(receivedAt)), receivedAt, ...parts });
      await eventLog.putEvent(event, receivedAt);
      return event;
    },
    fannedOut: (event: EventRecord, outcomes: Outcomes) =>
      eventLog.finishFanOut(event, { changes: [], outcomes, fannedOutAt: clock.now() }),
    outcome: (event: EventRecord) => eventLog.recordOutcome(event, ERP, acknowledged, pending[ERP]),
  };
}

const kinds = (news: readonly TailNews[]) =>
  news.map((one) => (one.kind === 'event' ? one.event.orderId : `${one.endpointId} ${one.outcome.state}`));

describe('a tail of events', () => {
  it('yields each new event once, and each outcome when it changes', async () => {
    let event: EventRecord;
    const news = await tailed([
      async (log) => {
        event = await log.received({ orderId: 'a' });
      },
      async () => {},
      (log) => log.fannedOut(event, pending),
      async () => {},
      (log) => log.outcome(event),
      async () => {},
    ]);

    expect(kinds(news)).toEqual(['a', 'erp pending', 'erp delivered']);
  });

  it('leaves out earlier events, and notices', async () => {
    const news = await tailed([
      (log) => log.received({ orderId: 'old' }, 60_000),
      (log) => log.received({ orderKey: orderKeyOf(NOTICES, 'n') }),
      (log) => log.received({ orderId: 'new' }),
    ]);

    expect(kinds(news)).toEqual(['new']);
  });

  it('yields an event that became visible some seconds late', async () => {
    const news = await tailed([
      (log) => log.received({ orderId: 'a' }),
      async () => {},
      (log) => log.received({ orderId: 'late' }, 3_000),
    ]);

    expect(kinds(news)).toEqual(['a', 'late']);
  });

  it('begins with the events since a time', async () => {
    const since = after(new MemoryClock().now(), -3_600_000);
    const news = await tailed([(log) => log.received({ orderId: 'earlier' }, 1_800_000)], { since });

    expect(kinds(news)).toEqual(['earlier']);
  });

  it('follows an outcome no more once 100 newer events wait for theirs', async () => {
    let first: EventRecord;
    const news = await tailed([
      async (log) => {
        first = await log.received({ orderId: 'first' });
        await log.fannedOut(first, pending);
      },
      async (log) => {
        for (let count = 0; count < 100; count++) await log.fannedOut(await log.received(), pending);
      },
      (log) => log.outcome(first),
      async () => {},
    ]);

    expect(kinds(news).filter((text) => text === 'erp delivered')).toEqual([]);
    expect(news).toHaveLength(2 * 101);
  });
});
