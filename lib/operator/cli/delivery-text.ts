/** Deliveries as a table and as JSON, and the results of a retry and a cancellation. */

import { type Delivery, outcomeOf } from '../../relay/model/delivery.ts';
import { shownState } from '../../relay/model/delivery-state.ts';
import { detailText } from '../../relay/model/outcome.ts';
import type { CancelResult } from '../deliveries/cancellations.ts';
import type { DeliveryList } from '../deliveries/deliveries.ts';
import type { OwedWork } from '../deliveries/owed-work.ts';
import type { RetryResult } from '../deliveries/retries.ts';
import { comingAttemptAt, orderText, stateText } from './event-text.ts';
import type { Colours } from './output.ts';
import { shortened, table } from './table.ts';
import { timeText } from './times.ts';

const ENDPOINT_LENGTH = 24;
const RESULT_LENGTH = 60;
const HEAD = [
  'order',
  'endpoint',
  'state',
  'counted attempts',
  'pending since',
  'next attempt',
  'event',
  'last result',
];

export function deliveryListText({ found, isCut }: DeliveryList, colours: Colours, now = new Date()): string {
  if (found.length === 0) return 'No delivery is pending, and nothing needs attention.';
  const rows = found.map((one) =>
    one.kind === 'delivery' ? deliveryCells(one, colours, now) : eventCells(one, colours),
  );
  return [table(rows, HEAD), '', colours.dim(countText(found, isCut))].join('\n');
}

function deliveryCells(
  { delivery, event }: OwedWork & { kind: 'delivery' },
  colours: Colours,
  now: Date,
): string[] {
  const { endpointId, state, attemptCount, owedSince, eventId } = delivery;
  const nextAttemptAt = comingAttemptAt(delivery, now);
  return [
    orderText(event ?? {}),
    shortened(endpointId, ENDPOINT_LENGTH),
    stateText(state, colours),
    String(attemptCount),
    timeText(owedSince),
    nextAttemptAt === undefined ? '–' : timeText(nextAttemptAt),
    colours.dim(eventId),
    shortened(resultText(delivery), RESULT_LENGTH),
  ];
}

/** The reason without the state, which has its own column. */
function resultText(delivery: Delivery): string {
  const { late, replayed, ...result } = outcomeOf(delivery);
  const detail = result.reason === 'replay' && replayed ? undefined : detailText(result);
  const parts = [detail, late && 'late', replayed && 'replayed'].filter((part) => part !== undefined);
  return parts.join(', ') || '–';
}

function eventCells({ event }: OwedWork & { kind: 'event' }, { red, dim }: Colours): string[] {
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

function countText(found: readonly OwedWork[], isCut: boolean): string {
  const states = Map.groupBy(found, (one) =>
    one.kind === 'delivery' ? shownState(one.delivery.state) : 'abandoned',
  );
  const counts = [...states].map(([state, { length }]) => `${length} ${state}`).join(', ');
  return isCut ? `${counts}. --limit shows more.` : `${counts}.`;
}

export function deliveryListJson({ found, isCut }: DeliveryList): object {
  return {
    deliveries: found.map((one) => {
      if (one.kind === 'event') return { state: 'abandoned', ...one.event };
      const { niceId, orderId } = one.event ?? {};
      const ids = { ...(niceId !== undefined && { niceId }), ...(orderId !== undefined && { orderId }) };
      return { ...one.delivery, ...ids };
    }),
    more: isCut,
  };
}

export function retryText(result: RetryResult, isDryRun: boolean, noun: string): string {
  const { retried, inFlight, alreadyDue, expired } = result;
  const done = isDryRun ? 'would be retried' : `${isOrAre(retried)} retried`;
  return [
    `${plural(retried, noun)} ${done}.`,
    ...(alreadyDue > 0 ? [`${alreadyDue} ${isOrAre(alreadyDue)} due already.`] : []),
    ...(inFlight > 0 ? [`${inFlight} ${isOrAre(inFlight)} in flight.`] : []),
    ...(expired > 0 ? [`${expired} cannot be retried: the events have expired.`] : []),
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
