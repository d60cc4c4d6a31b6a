/**
 * Events that the relay's code cannot cope with. Some are cured when the faults of a run end, as after a bad deployment.
 * Others stay as they are for ever.
 */
import type { EventId } from '../../lib/relay/model/ids.ts';
import { StoreError, UnreadableRowError } from '../../lib/relay/ports/event-log.ts';
import type { FaultKind, Faults } from './faults.ts';
import type { Scheduler } from './scheduler.ts';

const KINDS = [
  'event poisoned',
  'event poisoned for ever',
  'payload unreadable for ever',
] as const satisfies readonly FaultKind[];

interface Poisoned {
  readonly kind: (typeof KINDS)[number];
  /** How many reads of the payload still succeed. */
  readsLeft: number;
}

export class Poison {
  readonly #scheduler: Scheduler;
  readonly #faults: Faults;
  readonly #events = new Map<EventId, Poisoned | undefined>();
  readonly #fanOuts = new Map<EventId, boolean>();

  constructor(scheduler: Scheduler, faults: Faults) {
    this.#scheduler = scheduler;
    this.#faults = faults;
  }

  /** Called whenever an event's payload is read. */
  throwIfPoisoned(eventId: EventId): void {
    if (!this.#events.has(eventId)) this.#events.set(eventId, this.#draw());
    const poisoned = this.#events.get(eventId);
    if (poisoned === undefined || poisoned.readsLeft-- > 0) return;
    switch (poisoned.kind) {
      case 'event poisoned':
        if (this.#faults.enabled) throw new StoreError('poisoned');
        return;
      case 'event poisoned for ever':
        throw new Error('poisoned for ever');
      case 'payload unreadable for ever':
        throw new UnreadableRowError('payload row cannot be read');
    }
  }

  /** Called whenever an event's fan-out is finished. */
  throwIfFanOutFails(eventId: EventId): void {
    // Rows that are kept for less than the days of retries would be gone before.
    if (this.#faults.countOf('rows expire soon') > 0) return;
    const fails = this.#fanOuts.get(eventId) ?? this.#faults.strikes('fan-out fails for ever');
    this.#fanOuts.set(eventId, fails);
    if (fails) throw new Error('fan-out fails for ever');
  }

  /** True for an event that a person has to look at. */
  isForEver(eventId: EventId): boolean {
    if (this.#fanOuts.get(eventId) === true) return true;
    const kind = this.#events.get(eventId)?.kind;
    return kind !== undefined && kind !== 'event poisoned';
  }

  #draw(): Poisoned | undefined {
    const kind = KINDS.find((each) => this.#faults.strikes(each));
    const readsLeft = this.#scheduler.pick([0, 0, 1, 2]);
    return kind && { kind, readsLeft };
  }
}
