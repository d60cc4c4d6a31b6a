/** Evaluates an endpoint's filter. */

import type { SendingContext } from '../context.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { Payload } from '../model/event.ts';
import { expressionInput, type OutgoingEvent } from '../model/expression-input.ts';
import { isRelayEvent } from '../model/ids.ts';
import type { EvaluateOptions } from '../ports/expressions.ts';

/** `postponed`: other expressions took the time, and the filter has not decided. */
export type FilterResult = 'pass' | 'refuse' | 'postponed';

/**
 * An event passes when there is no filter. It also passes when the filter fails: it is sent rather than lost. Filters do not apply
 * to notices and tests, because these are not orders.
 */
export async function evaluateFilter(
  context: Pick<SendingContext, 'expressions' | 'telemetry'>,
  { id, filter }: Pick<Endpoint, 'id' | 'filter'>,
  event: OutgoingEvent,
  payload: Payload,
  options: EvaluateOptions = {},
): Promise<FilterResult> {
  if (filter === undefined || isRelayEvent(event.orderKey)) return 'pass';
  const input = expressionInput(event, payload);
  const found = await context.expressions.evaluate(filter, input, 'boolean', options);
  if (found.kind === 'postponed') return 'postponed';
  if (found.kind === 'value') return found.value === true ? 'pass' : 'refuse';
  const { eventId } = event;
  context.telemetry.warn('filter failed; the event is sent', {
    endpointId: id,
    eventId,
    reason: found.reason,
  });
  context.telemetry.count('ExpressionsFailed');
  return 'pass';
}
