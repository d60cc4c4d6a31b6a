/** Evaluates an endpoint's filter. */

import type { SendingContext } from '../context.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { Payload } from '../model/event.ts';
import { expressionInput, type OutgoingEvent } from '../model/expression-input.ts';
import { isRelayEvent } from '../model/ids.ts';

/**
 * True when there is no filter. Also true when the filter fails: the event is sent rather than lost. Filters do not apply
 * to notices and tests, because these are not orders.
 */
export async function matchesFilter(
  context: Pick<SendingContext, 'expressions' | 'telemetry'>,
  { id, filter }: Pick<Endpoint, 'id' | 'filter'>,
  event: OutgoingEvent,
  payload: Payload,
): Promise<boolean> {
  if (filter === undefined || isRelayEvent(event.orderKey)) return true;
  const found = await context.expressions.evaluate(filter, expressionInput(event, payload), 'boolean');
  if (found.kind === 'value') return found.value === true;
  const { eventId } = event;
  context.telemetry.warn('filter failed; the event is sent', {
    endpointId: id,
    eventId,
    reason: found.reason,
  });
  context.telemetry.count('ExpressionsFailed');
  return true;
}
