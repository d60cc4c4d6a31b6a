/** Events whose fan-out fails every time it is tried. */
import { vi } from 'vitest';
import { fanOut } from '../../../lib/relay/fan-out/fan-out.ts';
import type { EventKey } from '../../../lib/relay/model/event.ts';
import type { EventId } from '../../../lib/relay/model/ids.ts';
import { StoreError } from '../../../lib/relay/ports/event-log.ts';
import type { EventMessage } from '../../../lib/relay/ports/queues.ts';
import type { ARelay } from '../health/an-open-circuit.ts';

/**
 * The table fails whenever fan-out reads or writes something of this event, or of any event.
 * @returns the moments at which it was tried
 */
export function poison(relay: ARelay, eventId?: EventId): Date[] {
  const triedAt: Date[] = [];
  for (const method of ['payload', 'putDeliveryIfAbsent', 'finishFanOut'] as const) {
    const original = relay.eventLog[method].bind(relay.eventLog) as (...input: unknown[]) => Promise<never>;
    vi.spyOn(relay.eventLog, method).mockImplementation((key: EventKey, ...rest: unknown[]) => {
      if (eventId !== undefined && key.eventId !== eventId) return original(key, ...rest);
      triedAt.push(relay.clock.now());
      return Promise.reject(new StoreError('throttled'));
    });
  }
  return triedAt;
}

export const heal = () => vi.restoreAllMocks();

/** Fan-out receives the same messages so many times, as it does from SQS while it returns them. */
export async function receive(
  relay: ARelay,
  messages: readonly EventMessage[],
  count: number,
): Promise<void> {
  let returned = messages;
  for (let received = 0; received < count; received++) {
    returned = await fanOut(relay.relay, returned);
    returned = returned.map((message) => ({ ...message, receivedBefore: true }));
    relay.clock.advance(5_000);
  }
}
