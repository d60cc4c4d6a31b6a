/** Records in the health rows which notices were sent, so that a notice is not repeated. */
import type { EndpointId } from '../model/ids.ts';
import type { RowAttributes } from '../ports/config-table.ts';
import { type Health, isDown } from './health.ts';
import type { HealthRow, NotifiedState } from './health-row.ts';
import type { HealthStore } from './health-store.ts';
import { isRefusing } from './refusals.ts';

/** @returns the state that notices should report now; equal to `notified` when there is nothing new */
export function stateToNotify(health: Health, notified: NotifiedState, now: Date): NotifiedState {
  switch (health.state) {
    case 'disabled':
      return 'disabled';
    case 'failing':
      return isDown(health, now) ? 'failing' : notified;
    case 'ok':
      return isRefusing(health) ? 'refusing' : 'ok';
  }
}

export class NoticeLedger {
  readonly #store: HealthStore;

  constructor(store: HealthStore) {
    this.#store = store;
  }

  /** The state that the last notice about the endpoint reported. */
  notifiedState(id: EndpointId): NotifiedState {
    return this.#store.row(id).notifiedState ?? 'ok';
  }

  /** Notices reported dead deliveries up to this moment; undefined before the first check. */
  deadNotifiedUntil(id: EndpointId): Date | undefined {
    return this.#store.row(id).deadNotifiedUntil;
  }

  /** Records the reported state, unless another sweep recorded one first. */
  async recordState(id: EndpointId, notifiedState: NotifiedState): Promise<void> {
    await this.#record(id, { notifiedState: this.#store.row(id).notifiedState }, { notifiedState });
  }

  /** Records up to when dead deliveries are reported, unless another sweep recorded it first. */
  async recordDeadUntil(id: EndpointId, deadNotifiedUntil: Date): Promise<void> {
    const expected = { deadNotifiedUntil: this.deadNotifiedUntil(id) };
    await this.#record(id, expected, { deadNotifiedUntil });
  }

  async #record(
    id: EndpointId,
    expected: RowAttributes,
    changes: Partial<Pick<HealthRow, 'notifiedState' | 'deadNotifiedUntil'>>,
  ): Promise<void> {
    if (await this.#store.compareAndSet(id, expected, changes)) this.#store.cache(id, changes);
  }
}
