/** Whether an endpoint wants an event, by its filter. */

import type { SendingRelay } from '../context.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { Payload } from '../model/event.ts';
import { inputOf, type ToldEvent } from '../model/expression-input.ts';
import { isOwn } from '../model/ids.ts';

/**
 * True without a filter, and when the filter fails: what nobody could decide about is sent rather than lost. Notices and
 * tests are no orders, so filters are not asked about them.
 */
export async function wants(
  relay: Pick<SendingRelay, 'expressions' | 'telemetry'>,
  { id, filter }: Pick<Endpoint, 'id' | 'filter'>,
  event: ToldEvent,
  payload: Payload,
): Promise<boolean> {
  if (filter === undefined || isOwn(event.orderKey)) return true;
  const found = await relay.expressions.evaluate(filter, inputOf(event, payload), 'boolean');
  if (found.kind === 'value') return found.value === true;
  const { eventId } = event;
  relay.telemetry.warn('filter failed; the event is passed on', {
    endpointId: id,
    eventId,
    reason: found.reason,
  });
  relay.telemetry.count('ExpressionsFailed');
  return true;
}
