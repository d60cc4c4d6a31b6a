/** Whether an endpoint wants an event, by its filter. */

import type { SendingContext } from '../context.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { Payload } from '../model/event.ts';
import { expressionInput, type OutgoingEvent } from '../model/expression-input.ts';
import { isRelayEvent } from '../model/ids.ts';

/**
 * True without a filter, and when the filter fails: what nobody could decide about is sent rather than lost. Notices and
 * tests are no orders, so filters are not asked about them.
 */
export async function wants(
  context: Pick<SendingContext, 'expressions' | 'telemetry'>,
  { id, filter }: Pick<Endpoint, 'id' | 'filter'>,
  event: OutgoingEvent,
  payload: Payload,
): Promise<boolean> {
  if (filter === undefined || isRelayEvent(event.orderKey)) return true;
  const found = await context.expressions.evaluate(filter, expressionInput(event, payload), 'boolean');
  if (found.kind === 'value') return found.value === true;
  const { eventId } = event;
  context.telemetry.warn('filter failed; the event is passed on', {
    endpointId: id,
    eventId,
    reason: found.reason,
  });
  context.telemetry.count('ExpressionsFailed');
  return true;
}
