import { describe, expect, it, vi } from 'vitest';
import { type EventId, orderKeyOf } from '../../../lib/relay/model/ids.ts';
import { type EventLog, StoreError } from '../../../lib/relay/ports/event-log.ts';
import { aRelay, ORDER, SOURCE } from '../a-relay.ts';
import { outcomeTexts } from '../outcome-texts.ts';

type ARelay = ReturnType<typeof aRelay>;

const METHODS = [
  'newestEventId',
  'putPayload',
  'putEvent',
  'event',
  'payload',
  'deliveries',
  'putDeliveryIfAbsent',
  'updateDelivery',
  'finishFanOut',
  'recordFanOutAttempt',
  'recordOutcome',
  'owed',
  'postpone',
  'putAlias',
] as const satisfies readonly (keyof EventLog)[];

/** The table refuses everything, until what this gives is called. */
function failing(relay: ARelay): () => void {
  const down = () => Promise.reject(new StoreError('the table is down'));
  const spies = METHODS.map((method) => vi.spyOn(relay.eventLog, method).mockImplementation(down));
  const reading = vi.spyOn(relay.eventLog, 'eventsNewestFirst').mockImplementation(() => {
    throw new StoreError('the table is down');
  });
  return () => {
    for (const spy of [...spies, reading]) spy.mockRestore();
  };
}

describe('a table that is down for ten minutes under load', () => {
  it.each(['latest', 'strict', 'none'])(
    'costs no webhook its 2xx, and no endpoint ordered `%s` an event',
    async (ordering) => {
      const relay = aRelay();
      relay.endpoint('erp', { ordering });
      await relay.accepted({ Id: 'warm' });
      await relay.work();
      relay.sender.requests.length = 0;
      const restore = failing(relay);
      const accepted: EventId[] = [];

      for (let minute = 0; minute < 10; minute++) {
        for (let n = 0; n < 12; n++) accepted.push(await relay.accepted({ Id: `o${n % 4}` }));
        await relay.run(1);
      }
      expect(relay.sender.requests).toEqual([]);
      expect(relay.telemetry.counts.get('EventsAcceptedByQueue')).toBe(120);
      restore();
      await relay.run(15);

      const sent = new Set(relay.sender.eventsTo('erp'));
      for (let n = 0; n < 4; n++) {
        const ofOrder = [];
        for await (const event of relay.eventLog.eventsNewestFirst(orderKeyOf(SOURCE, `o${n}`))) {
          ofOrder.push(event.eventId);
          expect(outcomeTexts(event)).toEqual({ erp: expect.stringMatching(/^(delivered|superseded)/) });
          expect(event).not.toHaveProperty('quarantinedUntil');
        }
        expect(ofOrder).toHaveLength(30);
        expect(sent).toContain(ofOrder[0]);
      }
      if (ordering !== 'latest') expect([...sent].sort()).toEqual([...accepted].sort());
      expect(relay.eventLog.allOwed()).toEqual([]);
      expect(relay.telemetry.counts.get('EventsQuarantined')).toBeUndefined();
      expect(relay.telemetry.counts.get('EventsRefused')).toBeUndefined();
    },
  );

  it('costs nothing of what comes to a function that was started meanwhile, and knows no source', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const restore = failing(relay);
    const config = vi.spyOn(relay.configTable, 'rows').mockRejectedValue(new StoreError('down'));
    const first = await relay.accepted({ Id: '1' });
    const second = await relay.accepted({ Id: '2' });
    await relay.work();
    expect(relay.sender.requests).toEqual([]);
    config.mockRestore();
    restore();

    await relay.run(5);

    expect(relay.sender.eventsTo('erp').toSorted()).toEqual([first, second]);
    expect(await relay.event(first)).toMatchObject({ source: SOURCE, orderKey: ORDER });
    expect(relay.eventLog.allOwed()).toEqual([]);
  });

  it('lets nothing in that came to an address which is nobody’s', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const config = vi.spyOn(relay.configTable, 'rows').mockRejectedValue(new StoreError('down'));
    await relay.accepted();
    await relay.configTable.remove('source', SOURCE);
    config.mockRestore();

    await relay.run(5);

    expect(relay.sender.requests).toEqual([]);
    expect(relay.telemetry.counts.get('EventsDropped')).toBe(1);
    expect(relay.eventLog.allOwed()).toEqual([]);
    expect(relay.returned.events).toEqual([]);
  });

  it.each([
    ['holds a list of sources that is older than the source', 'stale'],
    ['cannot read the list that it holds anew', 'unreadable'],
  ] as const)('drops nothing because a function %s', async (_, list) => {
    const relay = aRelay();
    relay.endpoint('erp');
    const rows = relay.configTable.rows.bind(relay.configTable);
    const config = vi.spyOn(relay.configTable, 'rows').mockRejectedValue(new StoreError('down'));
    const eventId = await relay.accepted();
    config.mockImplementation(async (kind, options) => {
      if (kind !== 'source' || options?.consistent) return rows(kind, options);
      return [];
    });
    // A list without the source is in force: it was read before the source was added.
    await relay.config.sourceByToken('another');
    if (list === 'unreadable') {
      config.mockImplementation(async (kind) => {
        if (kind === 'source') throw new StoreError('down');
        return rows(kind);
      });
      relay.minutes(1);
      await relay.work();
      expect(relay.returned.events).toMatchObject([{ eventId }]);
      config.mockRestore();
    }

    await relay.run(5);

    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
    expect(relay.telemetry.counts.get('EventsDropped')).toBeUndefined();
    vi.restoreAllMocks();
  });

  it('uses up no attempt of what was pending before', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { maxAttempts: 2, ordering: 'none' });
    relay.sender.answers.set('erp', { kind: 'answer', status: 400, text: 'no' });
    const eventId = await relay.accepted();
    await relay.fanOut();
    relay.sender.answers.delete('erp');
    const restore = failing(relay);
    await relay.run(10);
    restore();

    await relay.run(5);

    expect(await relay.rows()).toMatchObject([{ state: 'delivered', attemptCount: 2 }]);
    expect(relay.sender.eventsTo('erp')).toEqual([eventId, eventId]);
  });

  it('keeps the order of what only the queue had', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'strict' });
    await relay.accepted();
    await relay.work();
    const restore = failing(relay);
    const accepted = [await relay.accepted(), await relay.accepted(), await relay.accepted()];
    await relay.run(3);
    restore();

    await relay.run(5);

    expect(relay.sender.eventsTo('erp').slice(1)).toEqual(accepted);
  });
});
