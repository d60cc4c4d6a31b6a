/** Events that the relay's code cannot cope with, as after a bad deployment: until the faults of the run are over. */
import type { EventId } from '../../lib/relay/ids.ts';
import type { Faults } from './faults.ts';

export class Poison {
  readonly #faults: Faults;
  readonly #events = new Map<EventId, boolean>();

  constructor(faults: Faults) {
    this.#faults = faults;
  }

  /** Decided when an event is first asked about. */
  has(eventId: EventId): boolean {
    if (!this.#faults.enabled) return false;
    const isPoisoned = this.#events.get(eventId) ?? this.#faults.strikes('event poisoned');
    this.#events.set(eventId, isPoisoned);
    return isPoisoned;
  }
}
