/** The deliveries for one lock holder: first those that messages name, then the endpoint's list. */

import type { SendingContext } from '../context.ts';
import { isDeliveryTo } from '../delivery/is-delivery-to.ts';
import { type DeliveryKey, isTest } from '../model/delivery.ts';
import type { EndpointId } from '../model/ids.ts';

const PAGE = 100;

/**
 * Reads the list page by page, earliest `dueAt` first. A delivery that cannot be sent stays in the list. It is returned
 * again only when its `dueAt` has changed.
 */
export class DueDeliveries {
  readonly #context: Pick<SendingContext, 'clock' | 'eventLog'>;
  readonly #endpointId: EndpointId;
  readonly #messages: DeliveryKey[];
  #listed: DeliveryKey[] = [];
  readonly #given = new Set<string>();
  /** Events returned since the last restart. A delivery that was postponed meanwhile is returned in the next round. */
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

  /** @param dueBefore a time in the future also returns deliveries that are not due yet */
  async next(dueBefore: Date): Promise<DeliveryKey | undefined> {
    const named = this.#messages.shift();
    if (named !== undefined) return named;
    if (this.#listed.length === 0) await this.#read(dueBefore);
    return this.#listed.shift();
  }

  /** True when a message names a test event. */
  get namesTest(): boolean {
    return this.#messages.some(isTest);
  }

  /** The next test event that a message names. */
  nextTest(): DeliveryKey | undefined {
    const index = this.#messages.findIndex(isTest);
    return index < 0 ? undefined : this.#messages.splice(index, 1)[0];
  }

  /** The next call of {@link next} returns it again. */
  putBack(key: DeliveryKey): void {
    this.#messages.unshift(key);
  }

  /** Deliveries that messages name and that were not returned yet. */
  get unstarted(): readonly DeliveryKey[] {
    return this.#messages;
  }

  /** Reads at most one delivery that is due now, or by the time up to which the list was read. */
  async peek(): Promise<readonly DeliveryKey[]> {
    const dueBefore = new Date(Math.max(this.#dueBefore.getTime(), this.#context.clock.now().getTime()));
    const page = await this.#context.eventLog.owed(this.#endpointId, dueBefore, PAGE);
    return page.filter((item) => isDeliveryTo(item, this.#endpointId)).slice(0, 1);
  }

  /** Returns to the start of the list. False when the last round found nothing new. */
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
        if (!isDeliveryTo(item, this.#endpointId)) continue;
        if (this.#given.has(id) || this.#round.has(item.eventId)) continue;
        this.#given.add(id);
        this.#round.add(item.eventId);
        this.#listed.push(item);
      }
      if (this.#listed.length > 0) this.#hasFound = true;
      // Other entries may have the same `dueAt` as the last one of the page.
      if (last !== undefined) this.#readFrom = last.dueAt;
      if (this.#listed.length > 0 || page.length < limit) return;
    }
  }
}
