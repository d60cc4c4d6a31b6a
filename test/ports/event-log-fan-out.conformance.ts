/** The contract of the EventLog port for fan-out: once, and with outcomes. */

import { describe, expect, it } from 'vitest';
import { after as later } from '../../lib/relay/model/clock.ts';
import type { EventRecord, Outcomes } from '../../lib/relay/model/event.ts';
import type { EndpointId } from '../../lib/relay/model/ids.ts';
import type { Outcome } from '../../lib/relay/model/outcome.ts';
import { recordOf } from '../../lib/relay/model/record-of.ts';
import { anEndpointId, anEvent } from './builders.ts';
import { DAY_MS, type EventLogSubject, listOf, MINUTE_MS, useEventLog } from './event-log-subject.ts';

const NAMES_OF_OBJECTS = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'];

export function describeFanningOut(make: () => Promise<EventLogSubject>): void {
  const given = useEventLog(make);
  const result = () => ({
    changes: [
      { change: 'added' as const, sku: 'MUG-11', statusTo: 'New' },
      { change: 'removed' as const, trackingNumberFrom: '1Z999' },
    ],
    outcomes: {
      [anEndpointId('erp')]: { state: 'delivered', status: 200, durationMs: 143 },
      [anEndpointId('ünï.code-1')]: { state: 'pending' },
    } as Outcomes,
    fannedOutAt: given.clock.now(),
  });

  describe('finishFanOut', () => {
    it('writes what was found and clears what was owed', async () => {
      const event = anEvent({ niceId: 'Magic7-501' });
      await given.store(event);

      expect(await given.eventLog.finishFanOut(event, result())).toBe(true);

      expect(await given.eventLog.event(event)).toEqual({ ...event, ...result() });
      expect(await given.eventLog.owed(listOf(event), given.farFuture(), 10)).toEqual([]);
    });

    it('keeps what was left out of the changes, and why', async () => {
      const event = anEvent();
      await given.store(event);
      const cut = { ...result(), changesOmitted: 7, changesNote: 'too-many-alike' as const };

      await given.eventLog.finishFanOut(event, cut);

      expect(await given.eventLog.event(event)).toEqual({ ...event, ...cut });
    });

    it('keeps the outcomes of endpoints with the names of an object’s members', async () => {
      const event = anEvent();
      await given.store(event);
      const ids = [...NAMES_OF_OBJECTS, 'erp'].map(anEndpointId);
      const outcomes = recordOf(ids.map((id): [EndpointId, Outcome] => [id, { state: 'pending' }]));

      await given.eventLog.finishFanOut(event, { ...result(), outcomes });

      const found = (await given.eventLog.event(event))?.outcomes;
      expect(Object.keys(found ?? {}).sort()).toEqual([...ids].sort());
      for (const id of ids) {
        expect(await given.eventLog.recordOutcome(event, id, { state: 'dead' }, found?.[id])).toBe(true);
        expect((await given.eventLog.event(event))?.outcomes?.[id]).toEqual({ state: 'dead' });
      }
    });

    it('has no outcomes of endpoints with such names when it was given none', async () => {
      const event = anEvent();
      await given.store(event);
      await given.eventLog.finishFanOut(event, result());

      const found = (await given.eventLog.event(event))?.outcomes;

      for (const id of NAMES_OF_OBJECTS) expect(found?.[anEndpointId(id)]).toBeUndefined();
      const [first] = NAMES_OF_OBJECTS.map(anEndpointId);
      expect(first && (await given.eventLog.recordOutcome(event, first, { state: 'dead' }, undefined))).toBe(
        true,
      );
    });

    it('does nothing the second time', async () => {
      const event = anEvent();
      await given.store(event);
      await given.eventLog.finishFanOut(event, result());

      const again = { changes: [], outcomes: {}, fannedOutAt: given.farFuture() };
      expect(await given.eventLog.finishFanOut(event, again)).toBe(false);

      expect(await given.eventLog.event(event)).toEqual({ ...event, ...result() });
    });

    it('makes no row for an event that has none', async () => {
      const event = anEvent();

      expect(await given.eventLog.finishFanOut(event, result())).toBe(false);

      expect(await given.eventLog.event(event)).toBeUndefined();
    });

    it('is done by one of many at the same time', async () => {
      const event = anEvent();
      await given.store(event);

      const done = await Promise.all(
        Array.from({ length: 10 }, () => given.eventLog.finishFanOut(event, result())),
      );

      expect(done.filter(Boolean)).toHaveLength(1);
    });
  });

  describe('recordOutcome', () => {
    const finish = (event: EventRecord, outcomes = {}) =>
      given.eventLog.finishFanOut(event, { changes: [], outcomes, fannedOutAt: given.clock.now() });

    it('is refused while the event is not fanned out', async () => {
      const event = anEvent();
      await given.store(event);

      expect(
        await given.eventLog.recordOutcome(event, anEndpointId('erp'), { state: 'dead' }, undefined),
      ).toBe(false);

      expect(await given.eventLog.event(event)).toEqual(event);
    });

    it('sets one outcome and leaves the others', async () => {
      const event = anEvent();
      await given.store(event);
      await finish(event, {
        erp: { state: 'pending' },
        crm: { state: 'delivered', status: 200, durationMs: 20 },
      });

      const recorded = given.eventLog.recordOutcome(
        event,
        anEndpointId('erp'),
        { state: 'dead', status: 500, durationMs: 3 },
        { state: 'pending' },
      );

      expect(await recorded).toBe(true);

      expect((await given.eventLog.event(event))?.outcomes).toEqual({
        erp: { state: 'dead', status: 500, durationMs: 3 },
        crm: { state: 'delivered', status: 200, durationMs: 20 },
      });
    });

    it.each<[string, Record<string, Outcome>, Outcome | undefined]>([
      [
        'it is another one by now',
        { erp: { state: 'delivered', status: 200, durationMs: 20 } },
        { state: 'pending' },
      ],
      ['there is one by now', { erp: { state: 'delivered', status: 200, durationMs: 20 } }, undefined],
      ['there is none', {}, { state: 'pending' }],
    ])('is refused when the outcome is not as it was read: %s', async (_, outcomes, previous) => {
      const event = anEvent();
      await given.store(event);
      await finish(event, outcomes);

      expect(
        await given.eventLog.recordOutcome(event, anEndpointId('erp'), { state: 'dead' }, previous),
      ).toBe(false);

      expect((await given.eventLog.event(event))?.outcomes).toEqual(outcomes);
    });

    it('is refused for an event that is not there, and makes no row for it', async () => {
      const event = anEvent();

      expect(
        await given.eventLog.recordOutcome(event, anEndpointId('erp'), { state: 'dead' }, undefined),
      ).toBe(false);

      expect(await given.eventLog.event(event)).toBeUndefined();
    });

    it('is refused for an event that has expired', async () => {
      const event = anEvent();
      await given.store(event);
      await finish(event, { erp: { state: 'pending' } });

      given.clock.advance(31 * DAY_MS);

      expect(
        await given.eventLog.recordOutcome(
          event,
          anEndpointId('erp'),
          { state: 'dead' },
          { state: 'pending' },
        ),
      ).toBe(false);
    });

    it('keeps the event for 30 days more, as long as the delivery that has just been settled', async () => {
      const event = anEvent();
      await given.store(event);
      await finish(event, { erp: { state: 'pending' } });
      given.clock.advance(29 * DAY_MS);
      await given.eventLog.recordOutcome(event, anEndpointId('erp'), { state: 'dead' }, { state: 'pending' });

      given.clock.advance(29 * DAY_MS);
      expect((await given.eventLog.event(event))?.outcomes).toEqual({ erp: { state: 'dead' } });
      given.clock.advance(2 * DAY_MS);
      expect(await given.eventLog.event(event)).toBeUndefined();
    });

    it('keeps the outcomes of many endpoints that are recorded at the same time', async () => {
      const event = anEvent();
      await given.store(event);
      await finish(event);
      const ids = ['erp', 'a.b', 'with space', 'ünï', 'ﬁ', ':x', '0'].map(anEndpointId);

      await Promise.all(
        ids.map((id) =>
          given.eventLog.recordOutcome(event, id, { state: 'dead', error: `outcome of ${id}` }, undefined),
        ),
      );

      expect((await given.eventLog.event(event))?.outcomes).toEqual(
        Object.fromEntries(ids.map((id) => [id, { state: 'dead', error: `outcome of ${id}` }])),
      );
    });
  });

  describe('recordFanOutAttempt', () => {
    it('notes that a fan-out is begun again, and leaves it owed as it was', async () => {
      const event = anEvent();
      await given.store(event);

      expect(await given.eventLog.recordFanOutAttempt(event, { fanOutAttempts: 1 })).toBe(true);

      expect(await given.eventLog.event(event)).toEqual({ ...event, fanOutAttempts: 1 });
      expect(await given.eventLog.owed(listOf(event), given.farFuture(), 10)).toMatchObject([
        { dueAt: given.dueAt() },
      ]);
    });

    it('sets an event aside: until then it is not due', async () => {
      const event = anEvent();
      await given.store(event);
      const quarantinedUntil = later(given.clock.now(), 60 * MINUTE_MS);

      const change = { fanOutAttempts: 5, quarantinedUntil, dueAt: quarantinedUntil };
      expect(await given.eventLog.recordFanOutAttempt(event, change)).toBe(true);

      expect(await given.eventLog.event(event)).toEqual({ ...event, fanOutAttempts: 5, quarantinedUntil });
      expect(await given.eventLog.owed(listOf(event), quarantinedUntil, 10)).toEqual([]);
      expect(await given.eventLog.owed(listOf(event), given.farFuture(), 10)).toHaveLength(1);
    });

    it('leaves an event to a person: it stands in another list', async () => {
      const event = anEvent();
      await given.store(event);
      const now = given.clock.now();

      const change = { fanOutAttempts: 83, abandonedAt: now, owedTo: 'attention#fan-out', dueAt: now };
      expect(await given.eventLog.recordFanOutAttempt(event, change)).toBe(true);

      expect(await given.eventLog.event(event)).toEqual({ ...event, fanOutAttempts: 83, abandonedAt: now });
      expect(await given.eventLog.owed(listOf(event), given.farFuture(), 10)).toEqual([]);
      expect(await given.eventLog.owed('attention#fan-out', given.farFuture(), 10)).toMatchObject([
        { kind: 'event', eventId: event.eventId },
      ]);
    });

    it('goes by what was read: one of many who begin at the same time notes it', async () => {
      const event = anEvent();
      await given.store(event);

      const noted = await Promise.all(
        Array.from({ length: 10 }, () => given.eventLog.recordFanOutAttempt(event, { fanOutAttempts: 1 })),
      );
      expect(noted.filter(Boolean)).toHaveLength(1);

      const read = await given.eventLog.event(event);
      expect(read && (await given.eventLog.recordFanOutAttempt(read, { fanOutAttempts: 2 }))).toBe(true);
      expect(read && (await given.eventLog.recordFanOutAttempt(read, { fanOutAttempts: 2 }))).toBe(false);
    });

    it('is refused once the event is fanned out', async () => {
      const event = anEvent();
      await given.store(event);
      await given.eventLog.finishFanOut(event, result());

      expect(await given.eventLog.recordFanOutAttempt(event, { fanOutAttempts: 1 })).toBe(false);
    });

    it('makes no row for an event that has none', async () => {
      const event = anEvent();

      expect(await given.eventLog.recordFanOutAttempt(event, { fanOutAttempts: 1 })).toBe(false);

      expect(await given.eventLog.event(event)).toBeUndefined();
    });

    it('is over with the fan-out, but for the number of its tries', async () => {
      const event = anEvent();
      await given.store(event);
      const now = given.clock.now();
      const change = { fanOutAttempts: 83, quarantinedUntil: now, abandonedAt: now };
      await given.eventLog.recordFanOutAttempt(event, { ...change, owedTo: 'attention#fan-out', dueAt: now });

      await given.eventLog.finishFanOut(event, result());

      expect(await given.eventLog.event(event)).toEqual({ ...event, ...result(), fanOutAttempts: 83 });
      expect(await given.eventLog.owed('attention#fan-out', given.farFuture(), 10)).toEqual([]);
    });
  });
}
