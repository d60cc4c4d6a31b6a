/** Deliveries as a table and as JSON, and the results of a retry and a cancellation. */

import { type Delivery, isSettled } from '../../relay/model/delivery.ts';
import { shownState } from '../../relay/model/delivery-state.ts';
import { reasonText } from '../../relay/model/reason.ts';
import type { CancelResult } from '../deliveries/cancellations.ts';
import type { DeliveryList, ListedWork } from '../deliveries/deliveries.ts';
import type { DeliveryCounts } from '../deliveries/delivery-counts.ts';
import type { OwedState } from '../deliveries/owed-work.ts';
import type { RetryResult } from '../deliveries/retries.ts';
import { countsText, stateCountText } from './count-text.ts';
import { attemptText, orderText, stateText } from './event-text.ts';
import { nextTryText } from './next-try-text.ts';
import type { Colours, Screen } from './output.ts';
import { shortened, table } from './table.ts';
import { timeText } from './times.ts';

const RESULT_LENGTH = 60;
/** The relay keeps events for 30 days unless it is deployed with another retention. */
const WHOLE_RETENTION = '30d';
const COLUMNS = [
  ...['order', 'endpoint', 'state'],
  { title: 'counted attempts', leaveOut: 4 },
  { title: 'pending since', leaveOut: 3 },
  { title: 'next attempt', leaveOut: 2, cutTo: 16 },
  'event',
  { title: 'last answer', leaveOut: 1, cutTo: 10 },
];

export function deliveryListText(list: DeliveryList, colours: Screen, now = new Date()): string {
  const { found } = list;
  if (found.length === 0) return nothingFoundText(list, now);
  const rows = found.map((one) =>
    one.kind === 'delivery' ? deliveryCells(one, colours, now) : eventCells(one, colours),
  );
  return [table(rows, COLUMNS, colours.columns), '', colours.dim(foundText(list))].join('\n');
}

/** `There are no dead deliveries for flaky. 3 are waiting.` */
function nothingFoundText({ query, besides }: DeliveryList, now: Date): string {
  const { endpointId, state, since } = query;
  const others = besides && countsText(besides);
  if (endpointId === undefined && state === undefined && since === undefined && others === undefined)
    return 'No delivery is pending, and nothing needs attention.';
  const asked = [
    state === 'abandoned' ? 'abandoned events' : deliveriesText(state),
    ...(endpointId === undefined ? [] : [`for ${endpointId}`]),
    ...(since === undefined ? [] : [`since ${timeText(since, now)}`]),
  ];
  const all = since === undefined ? '' : ', whatever their time';
  const rest = others === undefined ? 'None is waiting, dead or cancelled' : others;
  return `There are no ${asked.join(' ')}. ${rest}${all}.`;
}

function deliveriesText(state: DeliveryList['query']['state']): string {
  return state === undefined ? 'deliveries that wait or need attention' : `${state} deliveries`;
}

function deliveryCells(
  { delivery, event }: Extract<ListedWork, { kind: 'delivery' }>,
  colours: Colours,
  now: Date,
): string[] {
  const { endpointId, state, attemptCount, owedSince, eventId, next } = delivery;
  return [
    orderText(event ?? {}),
    endpointId,
    stateText(state, colours),
    String(attemptCount),
    timeText(owedSince, now),
    next === undefined ? '–' : nextTryText(next, now),
    colours.dim(eventId),
    shortened(lastAnswerText(delivery), RESULT_LENGTH),
  ];
}

/** The result of the last attempt. Before it, why the delivery ended without one. */
function lastAnswerText(delivery: Delivery): string {
  const { late, replayedAt, attempts, reason } = delivery;
  const last = attempts.at(-1);
  const parts = [
    isSettled(delivery) && reason !== undefined ? reasonText(reason) : undefined,
    last === undefined ? undefined : attemptText(last),
    late ? 'late' : undefined,
    replayedAt === undefined ? undefined : 'replayed',
  ].filter((part) => part !== undefined);
  return parts.join(', ') || '–';
}

function eventCells({ event }: Extract<ListedWork, { kind: 'event' }>, { red, dim }: Colours): string[] {
  const attempts = String(event.fanOutAttempts ?? '–');
  const since = timeText(event.receivedAt);
  return [
    orderText(event),
    'all',
    red('abandoned'),
    attempts,
    since,
    '–',
    dim(event.eventId),
    'fan-out failed',
  ];
}

function foundText({ found, next }: DeliveryList): string {
  const states = Map.groupBy(found, (one) =>
    one.kind === 'delivery' ? shownState(one.delivery.state) : 'abandoned',
  );
  const counts = [...states].map(([state, { length }]) => `${length} ${state}`).join(', ');
  return next === undefined ? `${counts}.` : `${counts}. --after ${next} continues the list.`;
}

export function deliveryListJson({ found, next, besides }: DeliveryList): object {
  return {
    items: found.map((one) => {
      if (one.kind === 'event') return { state: 'abandoned', ...one.event };
      const { niceId, orderId } = one.event ?? {};
      const ids = { ...(niceId !== undefined && { niceId }), ...(orderId !== undefined && { orderId }) };
      const lastAnswer = one.delivery.attempts.at(-1);
      return { ...one.delivery, ...ids, ...(lastAnswer !== undefined && { lastAnswer }) };
    }),
    ...(next !== undefined && { next }),
    ...(besides !== undefined && { besides }),
  };
}

export interface RetryQuery {
  readonly endpoint?: string;
  readonly state?: OwedState;
  readonly since?: Date | undefined;
  readonly dryRun: boolean;
}

export function retryText(result: RetryResult, query: RetryQuery, now = new Date()): string {
  const { retried, inFlight, alreadyDue, expired, erased, withoutPayload, besides } = result;
  if (besides !== undefined) return nothingToRetryText(besides, query, now);
  const { dryRun: isDryRun, state } = query;
  const noun = state === 'abandoned' ? 'event' : 'delivery';
  const done = isDryRun ? 'would be retried' : `${isOrAre(retried)} retried`;
  return [
    `${plural(retried, noun)} ${done}.`,
    ...(alreadyDue > 0 ? [`${alreadyDue} ${isOrAre(alreadyDue)} due already.`] : []),
    ...(inFlight > 0 ? [`${inFlight} ${isOrAre(inFlight)} in flight.`] : []),
    ...(expired > 0 ? [`${expired} cannot be retried: the payload has expired.`] : []),
    ...(erased > 0 ? [`${erased} cannot be retried: the payload was erased.`] : []),
    ...(withoutPayload.length > 0 ? [`Orders without a payload: ${withoutPayload.join(', ')}.`] : []),
  ].join('\n');
}

/** `There are no dead or cancelled deliveries for erp.`, the deliveries that there are, and what to do with them. */
function nothingToRetryText(
  { pending, dead, cancelled }: DeliveryCounts,
  { endpoint = '', state, since }: RetryQuery,
  now: Date,
): string {
  const asked = state === undefined ? 'dead or cancelled' : state;
  const from = since === undefined ? '' : ` since ${timeText(since, now)}`;
  const ended = [stateCountText(dead, 'dead'), stateCountText(cancelled, 'cancelled')].filter(
    (part) => part !== undefined,
  );
  const waiting = stateCountText(pending, 'pending');
  const moment = since?.toISOString() ?? WHOLE_RETENTION;
  return [
    `There are no ${asked} deliveries for ${endpoint}${from}.`,
    ...(waiting === undefined ? [] : [`${waiting}: the relay sends such deliveries by itself.`]),
    ...(ended.length === 0
      ? []
      : [`${ended.join(', ')}: \`deliveries retry --endpoint ${endpoint}\` retries such deliveries.`]),
    `\`endpoints missed ${endpoint} --since ${moment}\` lists the orders that it did not get.`,
    `\`replay --endpoint ${endpoint} --since ${moment}\` sends the events that it missed.`,
  ].join('\n');
}

export function cancelText({ cancelled, inFlight }: CancelResult, isDryRun: boolean): string {
  const done = isDryRun ? 'would be cancelled' : `${isOrAre(cancelled)} cancelled`;
  return [
    `${plural(cancelled, 'delivery')} ${done}.`,
    ...(inFlight > 0 ? [`${inFlight} ${isOrAre(inFlight)} in flight and cannot be cancelled.`] : []),
  ].join('\n');
}

/** When the relay sends the deliveries. */
export function scheduleHints({
  count,
  enqueued,
  waitReasons,
}: {
  count: number;
  enqueued: boolean;
  waitReasons: readonly string[];
}): string[] {
  if (count === 0) return [];
  if (waitReasons.length > 0) return waitReasons.map((text) => `${text}.`);
  return [enqueued ? 'The relay sends now.' : 'The relay sends within a minute.'];
}

/** `1 delivery`, `2 deliveries`, `3 events`. */
export function plural(count: number, noun: string): string {
  if (count === 1) return `1 ${noun}`;
  return `${count.toLocaleString('en')} ${noun.replace(/y$/, 'ie')}s`;
}

export const isOrAre = (count: number) => (count === 1 ? 'is' : 'are');
