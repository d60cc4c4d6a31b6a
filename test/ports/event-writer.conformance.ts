/** The contract of the EventWriter and EventEraser ports. */
import { describe, expect, it } from 'vitest';
import { after as later } from '../../lib/relay/model/clock.ts';
import { anEvent, anOrderKey, aPayload, eventsOf } from './builders.ts';
import { listOf } from './event-log-subject.ts';
import { type EventOperatorSubject, useEventOperator } from './event-operator-subject.ts';

/** @param make gives an empty log */
export function describeEventWriter(name: string, make: () => Promise<EventOperatorSubject>): void {
  describe(name, () => {
    const given = useEventOperator(make);

    it('returns an event to fan-out that fan-out gave up on, once', async () => {
      const { clock, eventLog, writer } = given();
      const event = anEvent();
      const dueAt = later(clock.now(), 60_000);
      await eventLog.putEvent(event, clock.now());
      const attention = { owedTo: 'attention#fan-out', dueAt: clock.now() };
      await eventLog.recordFanOutAttempt(event, {
        fanOutAttempts: 9,
        abandonedAt: clock.now(),
        ...attention,
      });

      expect(await writer.retryFanOut(event, dueAt)).toBe(true);
      expect(await writer.retryFanOut(event, dueAt)).toBe(false);

      expect(await eventLog.event(event)).toEqual({ ...event, fanOutAttempts: 1 });
      expect(await eventLog.owed(listOf(event), later(dueAt, 1), 10)).toMatchObject([{ dueAt }]);
    });

    it('leaves an event alone that fan-out has not given up on', async () => {
      const { clock, eventLog, writer } = given();
      const event = anEvent();
      await eventLog.putEvent(event, clock.now());

      expect(await writer.retryFanOut(event, clock.now())).toBe(false);
      expect(await writer.retryFanOut(anEvent(), clock.now())).toBe(false);
      expect(await eventLog.event(event)).toEqual(event);
    });
  });
}

/** @param make gives an empty log */
export function describeEventEraser(name: string, make: () => Promise<EventOperatorSubject>): void {
  describe(name, () => {
    const given = useEventOperator(make);

    it('lists the payloads of an order, oldest first, with or without an event', async () => {
      const { eventLog, eraser } = given();
      const events = eventsOf(anOrderKey(), 3);
      for (const event of events) await eventLog.putPayload(event, aPayload());
      await eventLog.putPayload(anEvent(), aPayload());

      const keys = await eraser.payloadKeys(events[0]?.orderKey ?? anOrderKey());

      expect(keys).toEqual(events.map(({ orderKey, eventId }) => ({ orderKey, eventId })));
    });

    it('erases a payload once, so that it cannot be stored again', async () => {
      const { clock, eventLog, eraser } = given();
      const event = anEvent();
      await eventLog.putPayload(event, aPayload());

      expect(await eraser.erasePayload(event, clock.now())).toBe(true);
      expect(await eraser.erasePayload(event, clock.now())).toBe(false);
      await eventLog.putPayload(event, aPayload());

      expect(await eventLog.payload(event)).toBeUndefined();
      expect(await eraser.payloadKeys(event.orderKey)).toEqual([]);
    });

    it('does not erase a payload that does not exist', async () => {
      const { clock, eventLog, eraser } = given();
      const event = anEvent();

      expect(await eraser.erasePayload(event, clock.now())).toBe(false);
      await eventLog.putPayload(event, aPayload());

      expect(await eventLog.payload(event)).toBeDefined();
    });

    it('notes in an event when it was forgotten', async () => {
      const { clock, eventLog, eraser } = given();
      const event = anEvent();
      const forgottenAt = later(clock.now(), 60_000);
      await eventLog.putEvent(event, clock.now());

      expect(await eraser.noteForgotten(event, forgottenAt)).toBe(true);
      expect(await eraser.noteForgotten(anEvent(), forgottenAt)).toBe(false);

      expect(await eventLog.event(event)).toEqual({ ...event, forgottenAt });
    });
  });
}
