/** The dead-letter queues of a relay on one machine, which has none. */
import type { DeadLetters } from '../relay/ports/operator.ts';

/** The queues are in the relay's memory. Nothing else can send to them, so no message is malformed. */
export const NO_DEAD_LETTERS: DeadLetters = {
  count: async () => 0,
  receive: async () => [],
  giveBack: async () => {},
  sendBack: async () => {},
  delete: async () => {},
};
