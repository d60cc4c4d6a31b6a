import { describe, expect, it, vi } from 'vitest';
import { after as laterBy } from '../../../lib/relay/model/clock.ts';
import { DUE_FIRST } from '../../../lib/relay/model/delivery.ts';
import { sweep } from '../../../lib/relay/sweep/sweep.ts';
import { sweepEvents } from '../../../lib/relay/sweep/sweep-events.ts';
import { anEndpointId, anEventId, anOrderKey } from '../../ports/builders.ts';
import { aRelay } from '../a-relay.ts';

const LIST = 'fan-out#0';

/** A list with so many overdue events. */
function withOverdue(count: number) {
  const relay = aRelay();
  const dueAt = relay.clock.now();
  const items = Array.from({ length: count }, () => ({
    kind: 'event' as const,
    orderKey: anOrderKey(),
    eventId: anEventId(relay.clock),
    owedTo: LIST,
    dueAt,
  }));
  vi.spyOn(relay.eventLog, 'owed').mockResolvedValue(items);
  vi.spyOn(relay.eventLog, 'postpone').mockResolvedValue(true);
  return { relay, items };
}

describe('sweep of overdue events', () => {
  it('counts those that the queue took', async () => {
    const { relay, items } = withOverdue(3);
    vi.spyOn(relay.eventQueue, 'enqueueAgain').mockResolvedValue(items.slice(0, 1));

    expect(await sweepEvents(relay.relay, LIST)).toEqual({ found: 3, requeued: 2 });
    expect(relay.telemetry.log.filter(({ level }) => level === 'error')).toMatchObject([
      { fields: { unsent: 1, failed: 0 } },
    ]);
  });

  it('enqueues only those that it could postpone', async () => {
    const { relay, items } = withOverdue(3);
    vi.mocked(relay.eventLog.postpone).mockResolvedValueOnce(false);
    const enqueue = vi.spyOn(relay.eventQueue, 'enqueueAgain');

    expect(await sweepEvents(relay.relay, LIST)).toEqual({ found: 3, requeued: 2 });
    expect(enqueue).toHaveBeenCalledWith(items.slice(1));
    expect(relay.telemetry.log.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  it('reads no second page after one that is not full', async () => {
    const { relay } = withOverdue(99);
    relay.minutes(1);

    await sweep(relay.relay, relay.deadline());

    const lists = vi.mocked(relay.eventLog.owed).mock.calls.map(([list]) => list);
    expect(lists.filter((list) => list === LIST)).toHaveLength(1);
  });
});

describe('the lists of a sweep', () => {
  it('have only ended deliveries of an endpoint whose row is invalid', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { timeoutSeconds: 'ten' });
    relay.endpoint('shop');
    relay.minutes(1);
    const owed = vi.spyOn(relay.eventLog, 'owed');

    await relay.sweep();

    const dueBefore = (name: string) =>
      owed.mock.calls.filter(([list]) => list === name).map(([, due]) => due);
    expect(dueBefore('erp')).toEqual([laterBy(DUE_FIRST, 1)]);
    expect(dueBefore('shop')[0]).toEqual(relay.clock.now());
  });

  it.each([
    ['a silence', 'newestWebhook', 'silence'],
    ['notices', 'deliveries', 'notices about erp'],
  ] as const)('are named in the log when %s cannot be read', async (_, method, list) => {
    const relay = aRelay();
    relay.endpoint('erp', { notices: true });
    relay.health('erp', { state: 'ok', version: 1, deadNotifiedUntil: '2026-01-01T00:00:00Z' });
    vi.spyOn(relay.eventLog, method).mockRejectedValue(new Error('throttled'));
    vi.spyOn(relay.eventLog, 'owed').mockImplementation(async (owedTo) =>
      owedTo.startsWith('attention')
        ? [
            {
              kind: 'delivery',
              orderKey: anOrderKey(),
              eventId: anEventId(relay.clock),
              endpointId: anEndpointId('erp'),
              owedTo,
              dueAt: laterBy(relay.clock.now(), -60_000),
            },
          ]
        : [],
    );

    await sweep(relay.relay, relay.deadline(), 1);

    expect(relay.telemetry.log).toContainEqual(expect.objectContaining({ level: 'error', fields: { list } }));
  });
});
