import { describe, expect, it } from 'vitest';
import { quarantineIfFailing } from '../../../lib/relay/fan-out/quarantine.ts';
import { after as laterBy } from '../../../lib/relay/model/clock.ts';
import type { EventRecord } from '../../../lib/relay/model/event.ts';
import { aRelay, ORDER } from '../a-relay.ts';

/** Five failures in a row, five growing delays, and one attempt an hour for three days. */
const TRIES = 82;

/** Starts fan-out again of an event that was started so often before. */
async function startAgain(fanOutAttempts: number, parts: Partial<EventRecord> = {}) {
  const relay = aRelay();
  const eventId = await relay.accepted();
  const stored = await relay.event(eventId);
  await relay.eventLog.recordFanOutAttempt(stored, { fanOutAttempts });
  const event = { ...(await relay.event(eventId)), ...parts };
  const isLeftOut = await quarantineIfFailing(relay.relay, event, true);
  return { ...relay, isLeftOut, event: await relay.eventLog.event({ orderKey: ORDER, eventId }) };
}

describe('an event whose fan-out starts again', () => {
  it('is left out and logged at its fifth failure', async () => {
    const { isLeftOut, event, clock, telemetry } = await startAgain(4);

    expect(isLeftOut).toBe(true);
    expect(event).toMatchObject({ fanOutAttempts: 5, quarantinedUntil: laterBy(clock.now(), 60_000) });
    expect(telemetry.log).toContainEqual({
      level: 'warn',
      message: expect.stringContaining('quarantined'),
      fields: { eventId: event?.eventId },
    });
  });

  it('is tried for the last time after three days', async () => {
    const { isLeftOut, event, telemetry } = await startAgain(TRIES - 1);

    expect(isLeftOut).toBe(false);
    expect(event).toMatchObject({ fanOutAttempts: TRIES });
    expect(event).not.toHaveProperty('abandonedAt');
    expect(telemetry.counts.get('EventsAbandoned')).toBeUndefined();
  });

  it('needs attention after that, is left out, and is logged', async () => {
    const { isLeftOut, event, clock, telemetry } = await startAgain(TRIES);

    expect(isLeftOut).toBe(true);
    expect(event).toMatchObject({ abandonedAt: clock.now() });
    expect(telemetry.counts.get('EventsAbandoned')).toBe(1);
    expect(telemetry.log).toContainEqual({
      level: 'warn',
      message: expect.stringContaining('needs attention'),
      fields: { eventId: event?.eventId },
    });
  });

  it.each([
    ['is left out until its quarantine ends', 1, true],
    ['is tried again once its quarantine has ended', 0, false],
  ])('%s', async (_, ms, expected) => {
    const { clock } = await startAgain(6);

    const { isLeftOut } = await startAgain(6, { quarantinedUntil: laterBy(clock.now(), ms) });

    expect(isLeftOut).toBe(expected);
  });
});
