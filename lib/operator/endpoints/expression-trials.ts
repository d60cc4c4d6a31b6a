/** Evaluates an endpoint's expressions on stored events, without sending anything. */
import { type Endpoint, isAddressedTo } from '../../relay/endpoint/endpoint.ts';
import type { EventRecord, Payload } from '../../relay/model/event.ts';
import { expressionInput } from '../../relay/model/expression-input.ts';
import type { Expressions } from '../../relay/ports/expressions.ts';
import { applyTransform } from '../../relay/sending/transform.ts';
import type { Connection } from '../connection.ts';
import { NotFoundError, NotPossibleError } from '../errors.ts';
import { findEventKey } from '../events/event-key.ts';
import { listEvents } from '../events/events.ts';
import { showEndpoint } from './endpoints.ts';
import { checkExpressions } from './expressions.ts';

/** The events to evaluate: one, or those among the newest that the endpoint is subscribed to. */
export interface TrialQuery {
  readonly endpointId: string;
  readonly eventId?: string | undefined;
  readonly limit: number;
}

export interface FilterTrial {
  readonly event: EventRecord;
  readonly result: 'pass' | 'skip' | 'error';
  /** Why the filter failed. The relay sends such an event. */
  readonly reason?: string;
}

/** The results of the events that have a payload. Without any, `examined` says how many events have none. */
export interface Trials<Result> {
  /** The number of events that were read, of all sources unless one event was named. */
  readonly examined: number;
  readonly results: readonly Result[];
}

/**
 * @param filter replaces the endpoint's filter
 * @throws NotFoundError
 * @throws InvalidInputError
 * @throws NotPossibleError when there is no filter
 */
export async function tryFilter(
  connection: Connection,
  query: TrialQuery,
  filter?: string,
): Promise<Trials<FilterTrial>> {
  await checkExpressions({ filter });
  const endpoint = await findEndpoint(connection, query.endpointId);
  const evaluated = filter ?? endpoint.filter;
  if (evaluated === undefined)
    throw new NotPossibleError(
      `the endpoint ${endpoint.id} has no filter`,
      '--filter evaluates another filter.',
    );
  return onEvents(connection, endpoint, query, async (expressions, event, payload) => {
    const result = await expressions.evaluate(evaluated, expressionInput(event, payload), 'boolean');
    if (result.kind === 'failure') return { event, result: 'error', reason: result.reason };
    return { event, result: result.value === true ? 'pass' : 'skip' };
  });
}

export type Preview = { readonly event: EventRecord } & (
  | { readonly contentType: string; readonly body: string }
  | { readonly unsent: string }
);

/**
 * @param transform replaces the endpoint's transform
 * @throws NotFoundError
 * @throws InvalidInputError
 * @throws NotPossibleError when there is no transform
 */
export async function previewContent(
  connection: Connection,
  query: TrialQuery,
  transform?: string,
): Promise<Trials<Preview>> {
  await checkExpressions({ transform });
  const endpoint = await findEndpoint(connection, query.endpointId);
  const previewed = { ...endpoint, transform: transform ?? endpoint.transform };
  if (previewed.transform === undefined)
    throw new NotPossibleError(
      `the endpoint ${endpoint.id} has no transform: it receives the webhook unchanged`,
      '--transform or --preset evaluates another transform.',
    );
  const { telemetry } = connection;
  return onEvents(connection, endpoint, query, async (expressions, event, payload) => {
    // The functions log a failure; here it is the result.
    const quiet = { ...telemetry, warn: () => {} };
    const content = await applyTransform({ expressions, telemetry: quiet }, previewed, event, payload);
    if ('unsent' in content) return { event, unsent: content.unsent };
    return { event, contentType: content.contentType ?? '', body: Buffer.from(content.body).toString() };
  });
}

/** @throws NotFoundError */
async function findEndpoint(connection: Connection, id: string): Promise<Endpoint> {
  const listed = await showEndpoint(connection, id);
  if ('valid' in listed) return listed.valid;
  throw new NotPossibleError(
    `the row of the endpoint ${id} is invalid: ${listed.invalid.reason}`,
    '`endpoints set` fixes it.',
  );
}

/** Newest first. Skips events that the endpoint is not subscribed to, and those whose payload has expired or was erased. */
async function onEvents<Result>(
  connection: Connection,
  endpoint: Endpoint,
  query: TrialQuery,
  attempt: (expressions: Expressions, event: EventRecord, payload: Payload) => Promise<Result>,
): Promise<Trials<Result>> {
  const events = await eventsFor(connection, query);
  const expressions = connection.openExpressions();
  try {
    const results: Result[] = [];
    for (const event of events) {
      if (query.eventId === undefined && !isAddressedTo(endpoint, event)) continue;
      const payload = await connection.eventLog.payload(event);
      if (payload !== undefined) results.push(await attempt(expressions, event, payload));
    }
    return { examined: events.length, results };
  } finally {
    expressions.close();
  }
}

/** @throws NotFoundError */
async function eventsFor(connection: Connection, { eventId, limit }: TrialQuery): Promise<EventRecord[]> {
  if (eventId === undefined) return listEvents(connection, { limit });
  const event = await connection.eventLog.event(await findEventKey(connection, eventId));
  if (event === undefined) throw new NotFoundError('event', eventId);
  return [event];
}
