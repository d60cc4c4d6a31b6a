/** What the EventLog port promises of an event that is fanned out: once, and with its outcomes. */
import { describe, expect, it } from 'vitest';
import type { EventRecord } from '../../lib/relay/event.ts';
import { anEndpointId, anEvent } from './builders.ts';
import { type EventLogSubject, listOf, useEventLog } from './event-log-subject.ts';

export function describeFanningOut(make: () => Promise<EventLogSubject>): void {
  const given = useEventLog(make);

  describe('finishFanOut', () => {
    const result = () => ({
      changes: [
        { change: 'added' as const, sku: 'MUG-11', statusTo: 'New' },
        { change: 'removed' as const, trackingNumberFrom: '1Z999' },
      ],
      outcomes: {
        [anEndpointId('erp')]: 'delivered 200 in 143 ms',
        [anEndpointId('ünï.code-1')]: 'pending',
      },
      fannedOutAt: given.clock.now(),
    });

    it('writes what was found and clears what was owed', async () => {
      const event = anEvent({ niceId: 'Magic7-501' });
      await given.store(event);

      expect(await given.eventLog.finishFanOut(event, result())).toBe(true);

      expect(await given.eventLog.event(event)).toEqual({ ...event, ...result() });
      expect(await given.eventLog.owed(listOf(event), given.farFuture(), 10)).toEqual([]);
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

      expect(await given.eventLog.recordOutcome(event, anEndpointId('erp'), 'dead')).toBe(false);

      expect(await given.eventLog.event(event)).toEqual(event);
    });

    it('sets one outcome and leaves the others', async () => {
      const event = anEvent();
      await given.store(event);
      await finish(event, { erp: 'pending', crm: 'delivered 200 in 20 ms' });

      expect(await given.eventLog.recordOutcome(event, anEndpointId('erp'), 'dead: 500 in 3 ms')).toBe(true);

      expect((await given.eventLog.event(event))?.outcomes).toEqual({
        erp: 'dead: 500 in 3 ms',
        crm: 'delivered 200 in 20 ms',
      });
    });

    it('keeps the outcomes of many endpoints that are recorded at the same time', async () => {
      const event = anEvent();
      await given.store(event);
      await finish(event);
      const ids = ['erp', 'a.b', 'with space', 'ünï', 'ﬁ', ':x', '0'].map(anEndpointId);

      await Promise.all(ids.map((id) => given.eventLog.recordOutcome(event, id, `outcome of ${id}`)));

      expect((await given.eventLog.event(event))?.outcomes).toEqual(
        Object.fromEntries(ids.map((id) => [id, `outcome of ${id}`])),
      );
    });
  });

  describe('closeWithoutPayload', () => {
    it('closes an event that was not fanned out, and owes it no longer', async () => {
      const event = anEvent();
      await given.store(event);
      const at = given.clock.now();

      expect(await given.eventLog.closeWithoutPayload(event, 'no payload', at)).toBe(true);

      expect(await given.eventLog.event(event)).toEqual({
        ...event,
        closed: 'no payload',
        outcomes: {},
        fannedOutAt: at,
      });
      expect(await given.eventLog.owed(listOf(event), given.farFuture(), 10)).toEqual([]);
    });

    it('is refused once the event is fanned out', async () => {
      const event = anEvent();
      await given.store(event);
      await given.eventLog.finishFanOut(event, { changes: [], outcomes: {}, fannedOutAt: given.clock.now() });

      expect(await given.eventLog.closeWithoutPayload(event, 'no payload', given.clock.now())).toBe(false);

      expect((await given.eventLog.event(event))?.closed).toBeUndefined();
    });
  });
}
