/** The key of an order as an address names it: its source, and its id within the source. */
import { type OrderKey, PARTITION_KEY_LIMIT_BYTES, sourceOf } from '../../relay/model/ids.ts';
import { NotFoundError } from '../errors.ts';
import { checkSourceId } from '../sources/sources.ts';

/** An order without an order id has the id of its event; one with a very long id has a hash. */
export function idInSource(orderKey: OrderKey): string {
  return orderKey.slice(sourceOf(orderKey).length + 1);
}

/**
 * The reverse of {@link idInSource}.
 *
 * @throws InvalidInputError when the source's id is invalid
 * @throws NotFoundError when no order can have the key
 */
export function orderKeyIn(source: string, id: string): OrderKey {
  const key = `${checkSourceId(source)}/${id}`;
  if (id === '' || Buffer.byteLength(key) > PARTITION_KEY_LIMIT_BYTES) throw new NotFoundError('order', id);
  return key as OrderKey;
}
