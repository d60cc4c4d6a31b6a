/** An endpoint that takes its time. */
import type { SendResult } from '../../../lib/relay/ports/outgoing.ts';
import { type aRelay, OK } from '../a-relay.ts';

/** Lets every answer of a host take so long. */
export function takesMs(
  relay: ReturnType<typeof aRelay>,
  host: string,
  durationMs: number,
  result: SendResult = OK,
): void {
  relay.sender.answers.set(host, async () => {
    relay.clock.advance(durationMs);
    return result;
  });
}
