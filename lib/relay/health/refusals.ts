/** Counts the orders that an endpoint refuses in a row. One refusal concerns a payload; five orders concern the endpoint. */
import { type Attempt, isRefusal, succeeded } from '../model/delivery.ts';
import { type OrderKey, sha256Hex, sourceOf, TESTS } from '../model/ids.ts';

/** The refusals since the last accepted request. Both attributes are absent when there are none. */
export interface Refusals {
  /** Hashes of the different orders that were refused. `forget` need not erase hashes from the health row. */
  readonly refusedOrders?: readonly string[];
  /** When the first refused request started. */
  readonly refusedSince?: Date;
}

/** With so many different orders refused and none accepted, the endpoint is refusing. */
const ORDERS_TO_REFUSE = 5;
/** More are not counted. It bounds the row's size, and the writes of one run of refusals. */
export const MOST_REFUSED_ORDERS = 20;
const HASH_LENGTH = 8;

export function isRefusing({ refusedOrders }: Refusals): boolean {
  return (refusedOrders?.length ?? 0) >= ORDERS_TO_REFUSE;
}

/** The refusals after an attempt; the same object when they are unchanged. */
export function refusalsAfter<Health extends Refusals>(
  health: Health,
  made: Attempt & { readonly orderKey: OrderKey },
): Health {
  const { refusedOrders = [], refusedSince } = health;
  if (succeeded(made)) {
    // A request that started before the first refusal says nothing about the requests after it.
    const isEarlier = refusedSince !== undefined && made.at < refusedSince;
    return refusedOrders.length === 0 || isEarlier ? health : withoutRefusals(health);
  }
  // A test is no order: it speaks for itself.
  if (!isNotAccepted(made) || sourceOf(made.orderKey) === TESTS) return health;
  const order = sha256Hex(made.orderKey).slice(0, HASH_LENGTH);
  if (refusedOrders.includes(order) || refusedOrders.length >= MOST_REFUSED_ORDERS) return health;
  return { ...health, refusedOrders: [...refusedOrders, order], refusedSince: refusedSince ?? made.at };
}

export function withoutRefusals<Health extends Refusals>(health: Health): Health {
  const { refusedOrders: _, refusedSince: __, ...rest } = health;
  return rest as Health;
}

/** A redirect is not followed, so the endpoint did not accept the request either. */
function isNotAccepted(made: Attempt): boolean {
  const { status = 0 } = made;
  return isRefusal(made) || (status >= 300 && status <= 399);
}
