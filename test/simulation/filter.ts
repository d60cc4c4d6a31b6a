/** A filter as the functions ask it: it takes its time, refuses some payloads, and fails on some events. */
import * as z from 'zod';
import type { EventId } from '../../lib/relay/model/ids.ts';
import type { Evaluated, Expressions } from '../../lib/relay/ports/expressions.ts';
import type { Faults } from './faults.ts';
import type { Process } from './process.ts';

export const FILTER = '$exists(order.n) and order.n % 3 != 0';
const OTHER_FILTER = '$exists(order.n) and order.n % 2 != 0';
export const FILTERS = [FILTER, OTHER_FILTER] as const;

const inputSchema = z.object({ event: z.object({ id: z.string() }), order: z.unknown().optional() });
const orderSchema = z.object({ n: z.number() });

/** Whether a filter refuses the order's webhook of that number, 0 without a snapshot; no filter refuses none. */
export function refuses(filter: unknown, number: number): boolean {
  return filter === FILTER ? number % 3 === 0 : filter === OTHER_FILTER && number % 2 === 0;
}

export class Filter {
  readonly #faults: Faults;
  readonly #failing = new Map<string, boolean>();

  constructor(faults: Faults) {
    this.#faults = faults;
  }

  /** The event causes the failure, so it fails on this event every time. */
  fails(eventId: EventId | string): boolean {
    const known = this.#failing.get(eventId) ?? this.#faults.strikes('filter failed');
    this.#failing.set(eventId, known);
    return known;
  }

  asSeenBy(process: Process): Expressions {
    return {
      evaluate: async (expression, input): Promise<Evaluated> => {
        const { event, order } = inputSchema.parse(input);
        await process.clock.sleep(this.#faults.strikes('filter took seconds') ? 5_000 : 2);
        if (this.#faults.strikes('other expressions took the time')) return { kind: 'postponed' };
        return this.fails(event.id)
          ? { kind: 'failure', reason: 'it ran too long' }
          : { kind: 'value', value: !refuses(expression, orderSchema.safeParse(order).data?.n ?? 0) };
      },
    };
  }
}
