/** Evaluates an endpoint's expressions on stored events, without sending anything. */
import { type Endpoint, isSubscribedTo } from '../../relay/endpoint/endpoint.ts';
import { after } from '../../relay/model/clock.ts';
import type { EventRecord, Payload } from '../../relay/model/event.ts';
import { expressionInput } from '../../relay/model/expression-input.ts';
import { isRelayEvent } from '../../relay/model/ids.ts';
import type { Expressions } from '../../relay/ports/expressions.ts';
import { applyTransform } from '../../relay/sending/transform.ts';
import type { Connection } from '../connection.ts';
import { NotFoundError, NotPossibleError } from '../errors.ts';
import { findEventKey } from '../events/event-key.ts';
import { DAY_MS, DEFAULT_LIST_DAYS } from '../events/events.ts';
import { showEndpoint } from './endpoints.ts';
import { checkExpressions } from './expressions.ts';

/** The events to evaluate: one, or the newest that the sources of the endpoint sent. */
export interface TrialQuery {
  readonly endpointId: string;
  readonly eventId?: string | undefined;
  readonly limit: number;
}

/** Reads are slow on a relay with many events that the endpoint is not subscribed to. `--event` evaluates older events. */
const MOST_EXAMINED = 1_000;
/** Events to read at a time. */
const SMALLEST_BATCH = 10;
const LARGEST_BATCH = 100;

const NOT_EVALUATED = 'the process that evaluates expressions took too long to start';

export interface FilterTrial {
  readonly event: EventRecord;
  readonly result: 'pass' | 'skip' | 'error';
  /** Why the filter failed. The relay sends such an event. */
  readonly reason?: string;
}

export interface Trials<Result> {
  /** One for each event with a payload, newest first. */
  readonly results: readonly Result[];
  /** The number of events that were read: of all sources, and also test events and notices. */
  readonly examined: number;
  /** How many of them the sources of the endpoint sent. */
  readonly subscribed: number;
  /** When the oldest event that was read was received, or the start of the range if the search reached it. */
  readonly examinedSince: Date;
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
    if (result.kind === 'postponed') return { event, result: 'error', reason: NOT_EVALUATED };
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

/** Evaluates events until there are enough results, or enough events were read. */
async function onEvents<Result>(
  connection: Connection,
  endpoint: Endpoint,
  query: TrialQuery,
  attempt: (expressions: Expressions, event: EventRecord, payload: Payload) => Promise<Result>,
): Promise<Trials<Result>> {
  const expressions = connection.openExpressions();
  const results: Result[] = [];
  const counts = { examined: 0, subscribed: 0 };
  let examinedSince = after(connection.clock.now(), -DEFAULT_LIST_DAYS * DAY_MS);
  try {
    for await (const event of eventsFor(connection, query, examinedSince)) {
      counts.examined += 1;
      if (query.eventId !== undefined || isOfSource(endpoint, event)) {
        counts.subscribed += 1;
        const payload = await connection.eventLog.payload(event);
        if (payload !== undefined) results.push(await attempt(expressions, event, payload));
      }
      const isEnough = query.eventId !== undefined || results.length >= query.limit;
      if (!isEnough && counts.examined < MOST_EXAMINED) continue;
      examinedSince = event.receivedAt;
      break;
    }
    return { ...counts, results, examinedSince };
  } finally {
    expressions.close();
  }
}

/** A filter decides only about events of the Hub. */
function isOfSource(endpoint: Endpoint, { orderKey, source }: EventRecord): boolean {
  return !isRelayEvent(orderKey) && isSubscribedTo(endpoint, source);
}

/**
 * Newest first.
 * @throws NotFoundError
 */
async function* eventsFor(
  connection: Connection,
  { eventId, limit }: TrialQuery,
  since: Date,
): AsyncGenerator<EventRecord, void, undefined> {
  if (eventId === undefined) {
    const batchSize = Math.min(Math.max(limit, SMALLEST_BATCH), LARGEST_BATCH);
    for await (const events of connection.eventReader.newestFirst(since, batchSize)) yield* events;
    return;
  }
  const event = await connection.eventLog.event(await findEventKey(connection, eventId));
  if (event === undefined) throw new NotFoundError('event', eventId);
  yield event;
}
