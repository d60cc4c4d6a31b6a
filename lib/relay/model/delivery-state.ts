/** The states of a delivery. */

/**
 * `pending` is unfinished; the others are settled: `delivered`, `superseded` by a newer snapshot of the order,
 * `skipped`, `dead` (attempts used up, or refused for good) and `cancelled` (endpoint removed or off).
 */
export const DELIVERY_STATES = [
  'pending',
  'delivered',
  'superseded',
  'skipped',
  'dead',
  'cancelled',
] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];
export type SettledState = Exclude<DeliveryState, 'pending'>;
