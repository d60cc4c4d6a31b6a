/** The deliveries that one holder of an endpoint's lock goes through: those of its messages, then the endpoint's list. */

import type { SendingContext } from '../context.ts';
import type { DeliveryKey } from '../model/delivery.ts';
import type { EndpointId } from '../model/ids.ts';

const PAGE = 100;
export const ANY_TIME = new Date('9999-12-31T23:59:59Z');

/**
 * The list is read from the longest overdue on, page by page. A delivery that could not go on stays where it is in the
 * list, so each is given once for as long as its `dueAt` stays the same.
 */
export class DueDeliveries {
  readonly #context: Pick<SendingContext, 'clock' | 'eventLog'>;
  readonly #endpointId: EndpointId;
  readonly #messages: DeliveryKey[];
  #listed: DeliveryKey[] = [];
  readonly #given = new Set<string>();
  /** Since the last restart: a delivery that was postponed meanwhile comes up again in the next round only. */
  readonly #round = new Set<string>();
  #readFrom: Date | undefined;
  #dueBefore = new Date(0);
  #hasFound = false;

  constructor(
    context: Pick<SendingContext, 'clock' | 'eventLog'>,
    endpointId: EndpointId,
    messages: readonly DeliveryKey[],
  ) {
    this.#context = context;
    this.#endpointId = endpointId;
    this.#messages = [...messages];
  }

  /** @param dueBefore a moment in the future gives also what is not due yet */
  async next(dueBefore: Date): Promise<DeliveryKey | undefined> {
    const named = this.#messages.shift();
    if (named !== undefined) return named;
    if (this.#listed.length === 0) await this.#read(dueBefore);
    return this.#listed.shift();
  }

  /** Of the deliveries that messages named, those that were not given. */
  get unstarted(): readonly DeliveryKey[] {
    return this.#messages;
  }

  /** At most one that is due. */
  async peek(): Promise<readonly DeliveryKey[]> {
    const page = await this.#context.eventLog.owed(this.#endpointId, this.#dueBefore, 1);
    return page.flatMap((item) => (item.kind === 'delivery' ? [item] : []));
  }

  /** Goes back to the beginning of the list; false when it would only give what it gave before. */
  restart(): boolean {
    const hasFound = this.#hasFound;
    this.#hasFound = false;
    this.#readFrom = undefined;
    this.#round.clear();
    return hasFound;
  }

  async #read(dueBefore: Date): Promise<void> {
    this.#dueBefore = dueBefore;
    for (let limit = PAGE; ; limit *= 2) {
      const page = await this.#context.eventLog.owed(this.#endpointId, dueBefore, limit, this.#readFrom);
      const last = page.at(-1);
      for (const item of page) {
        const id = `${item.eventId} ${item.dueAt.getTime()}`;
        if (item.kind !== 'delivery' || this.#given.has(id) || this.#round.has(item.eventId)) continue;
        this.#given.add(id);
        this.#round.add(item.eventId);
        this.#listed.push(item);
      }
      if (this.#listed.length > 0) this.#hasFound = true;
      // Others may be due at the same moment as the last of the page.
      if (last !== undefined) this.#readFrom = last.dueAt;
      if (this.#listed.length > 0 || page.length < limit) return;
    }
  }
}
