/** An endpoint that answers only when the test says so. */
import type { SendResult } from '../../../lib/relay/ports/outgoing.ts';
import { type aRelay, everythingIsWaiting, OK } from '../a-relay.ts';

export interface HeldAnswers {
  /** How many requests wait for their answer now. */
  readonly inFlight: number;
  /** Answers the requests that have waited longest: all of them, or so many. */
  answer(result?: SendResult, count?: number): Promise<void>;
}

export function holdAnswers(relay: ReturnType<typeof aRelay>, host: string): HeldAnswers {
  const held: ((result: SendResult) => void)[] = [];
  relay.sender.answers.set(host, () => new Promise((resolve) => held.push(resolve)));
  return {
    get inFlight() {
      return held.length;
    },
    async answer(result = OK, count = held.length) {
      for (const release of held.splice(0, count)) release(result);
      await everythingIsWaiting();
    },
  };
}
