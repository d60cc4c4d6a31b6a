/** The states of a delivery. */

/** Unfinished: it waits, or one function may be sending it at this moment. */
const UNFINISHED_STATES = ['pending', 'leased'] as const;

/**
 * Settled: `superseded` by a newer event of the order, `skipped` because of the endpoint's filter, `dead` after its last
 * attempt, `cancelled` because the endpoint was removed or takes nothing.
 */
const SETTLED_STATES = ['delivered', 'superseded', 'skipped', 'dead', 'cancelled'] as const;

export const DELIVERY_STATES = [...UNFINISHED_STATES, ...SETTLED_STATES] as const;

export type DeliveryState = (typeof DELIVERY_STATES)[number];
export type SettledState = (typeof SETTLED_STATES)[number];

/** The states that people see: a leased delivery is a pending one. */
export const SHOWN_STATES = ['pending', ...SETTLED_STATES] as const;
export type ShownState = (typeof SHOWN_STATES)[number];

export function shownState(state: DeliveryState): ShownState {
  return state === 'leased' ? 'pending' : state;
}
