/** Tries expressions that are not saved yet: on one event, on the newest events, and on recorded answers. */
import type { EventKey, EventRecord } from '../../relay/model/event.ts';
import { type ExpressionInput, expressionInput } from '../../relay/model/expression-input.ts';
import { answerInput } from '../../relay/sending/success.ts';
import type { Connection } from '../connection.ts';
import { endpointHistory } from '../deliveries/endpoint-history.ts';
import { NotFoundError } from '../errors.ts';
import { findEventKey } from '../events/event-key.ts';
import { findOrderKeys } from '../orders/order-matches.ts';
import { recentOrders } from '../orders/recent-orders.ts';
import { type FilterTrial, type Preview, previewContent, tryFilter } from './expression-trials.ts';
import { checkExpressions } from './expressions.ts';

export interface PreviewQuery {
  readonly endpointId: string;
  /** Without syntax errors; absent when there is none. */
  readonly filter?: string | undefined;
  readonly transform?: string | undefined;
  readonly success?: string | undefined;
  /** The event to evaluate; the newest one of any order when both are absent. */
  readonly eventId?: string | undefined;
  /** Any id of an order: its newest event. */
  readonly order?: string | undefined;
  /** The newest events to count for the filter. */
  readonly limit: number;
}

export interface ExpressionPreview {
  /** Absent when there is no event yet. */
  readonly event?: EventRecord;
  /** Contains personal data. Absent when the payload has expired. */
  readonly input?: ExpressionInput;
  readonly filter?: FilterPreview;
  /** Contains personal data. */
  readonly transform?: Preview;
  readonly success?: readonly AnswerTrial[];
}

export interface FilterPreview {
  /** For the event; absent when its payload has expired. */
  readonly trial?: FilterTrial;
  readonly pass: number;
  readonly skip: number;
  readonly error: number;
}

/** Recorded answers of the endpoint to evaluate. */
const ANSWERS = 5;
const HISTORY_ROWS = 20;

/** A recorded answer, and the verdict of the expression. */
export interface AnswerTrial {
  readonly at: Date;
  readonly status: number;
  /** The first 512 bytes. */
  readonly answer: string;
  readonly result: 'success' | 'failure' | 'error';
  /** Why the expression failed: then the attempt counts as failed. */
  readonly reason?: string;
}

/**
 * @throws NotFoundError
 * @throws InvalidInputError
 */
export async function previewExpressions(
  connection: Connection,
  query: PreviewQuery,
): Promise<ExpressionPreview> {
  const expressions = connection.openExpressions();
  const shared = { ...connection, openExpressions: () => withoutClose(expressions) };
  try {
    const key = await findEvent(connection, query);
    const [event, payload] =
      key === undefined
        ? []
        : await Promise.all([connection.eventLog.event(key), connection.eventLog.payload(key)]);
    const input = event && payload && expressionInput(event, payload);
    const filter = await previewFilter(shared, query, event);
    const transform = event && (await previewTransform(shared, query, event));
    const success = await trySuccess(shared, query);
    return {
      ...(event !== undefined && { event }),
      ...(input !== undefined && { input }),
      ...(filter !== undefined && { filter }),
      ...(transform !== undefined && { transform }),
      ...(success !== undefined && { success }),
    };
  } finally {
    expressions.close();
  }
}

type Session = ReturnType<Connection['openExpressions']>;

/** Several trials share a session: its process takes time to start. */
function withoutClose(session: Session): Session {
  return { evaluate: (...given) => session.evaluate(...given), close: () => {} };
}

async function findEvent(
  connection: Connection,
  { eventId, order }: PreviewQuery,
): Promise<EventKey | undefined> {
  if (order !== undefined) return newestOf(connection, order);
  if (eventId !== undefined) return findEventKey(connection, eventId);
  const [newest] = (await recentOrders(connection, { limit: 1 })).items;
  return newest;
}

/** @throws NotFoundError */
async function newestOf(connection: Connection, order: string): Promise<EventKey> {
  for (const { orderKey } of await findOrderKeys(connection, { id: order })) {
    const eventId = await connection.eventLog.newestEventId(orderKey);
    if (eventId !== undefined) return { orderKey, eventId };
  }
  throw new NotFoundError('order', order, ': its events have expired');
}

async function previewFilter(
  connection: Connection,
  { endpointId, filter, limit }: PreviewQuery,
  event: EventRecord | undefined,
): Promise<FilterPreview | undefined> {
  if (filter === undefined) return undefined;
  const { results } = await tryFilter(connection, { endpointId, limit }, filter);
  const count = (result: FilterTrial['result']) => results.filter((one) => one.result === result).length;
  const [trial] =
    event === undefined
      ? []
      : (await tryFilter(connection, { endpointId, eventId: event.eventId, limit: 1 }, filter)).results;
  return {
    ...(trial !== undefined && { trial }),
    ...{ pass: count('pass'), skip: count('skip'), error: count('error') },
  };
}

async function previewTransform(
  connection: Connection,
  { endpointId, transform }: PreviewQuery,
  { eventId }: EventRecord,
): Promise<Preview | undefined> {
  if (transform === undefined) return undefined;
  return (await previewContent(connection, { endpointId, eventId, limit: 1 }, transform)).results[0];
}

/** The headers of answers are recorded for tests only. */
async function trySuccess(
  connection: Connection,
  { endpointId, success }: PreviewQuery,
): Promise<AnswerTrial[] | undefined> {
  if (success === undefined) return undefined;
  await checkExpressions({ success });
  const { items } = await endpointHistory(connection, { endpointId, limit: HISTORY_ROWS });
  const trials: AnswerTrial[] = [];
  for (const { lastAnswer } of items) {
    if (lastAnswer?.status === undefined || trials.length === ANSWERS) continue;
    const { at, status, answer = '', headers = {} } = lastAnswer;
    const input = answerInput({ status, headers, text: answer });
    const found = await connection.openExpressions().evaluate(success, input, 'boolean');
    trials.push({ at, status, answer, ...verdictOf(found) });
  }
  return trials;
}

function verdictOf(found: Awaited<ReturnType<Session['evaluate']>>): Pick<AnswerTrial, 'result' | 'reason'> {
  switch (found.kind) {
    case 'value':
      return { result: found.value === true ? 'success' : 'failure' };
    case 'failure':
      return { result: 'error', reason: found.reason };
    case 'postponed':
      return { result: 'error', reason: 'it was not evaluated in time' };
  }
}
