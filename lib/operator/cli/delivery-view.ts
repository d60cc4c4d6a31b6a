/** What is owed, as a table and for programs; and what became of a retry or a cancellation. */

import { type Delivery, isUnfinished, outcomeOf } from '../../relay/model/delivery.ts';
import { shownState } from '../../relay/model/delivery-state.ts';
import { detailText } from '../../relay/model/outcome.ts';
import type { CancelResult } from '../deliveries/cancellations.ts';
import type { DeliveryList } from '../deliveries/deliveries.ts';
import type { OwedWork } from '../deliveries/owed-work.ts';
import type { RetryResult } from '../deliveries/retries.ts';
import { orderText, stateText } from './event-text.ts';
import type { Colours } from './output.ts';
import { shortened, table } from './table.ts';
import { timeText } from './times.ts';

const ENDPOINT_LENGTH = 24;
const RESULT_LENGTH = 60;
const HEAD = ['order', 'endpoint', 'state', 'tries', 'owed since', 'next try', 'event', 'last result'];

export function deliveryListText({ found, isCut }: DeliveryList, colours: Colours): string {
  if (found.length === 0) return 'Nothing is owed, and nothing needs a person.';
  const rows = found.map((one) =>
    one.kind === 'delivery' ? deliveryCells(one, colours) : eventCells(one, colours),
  );
  return [table(rows, HEAD), '', colours.dim(countText(found, isCut))].join('\n');
}

function deliveryCells({ delivery, event }: OwedWork & { kind: 'delivery' }, colours: Colours): string[] {
  const { endpointId, state, attemptCount, owedSince, eventId } = delivery;
  const nextAttemptAt = isUnfinished(delivery) ? delivery.nextAttemptAt : undefined;
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

/** Why it waits, or how it ended: without the state, which has a column of its own. */
function resultText(delivery: Delivery): string {
  const { late, replayed, ...result } = outcomeOf(delivery);
  // "replayed" says it already.
  const detail = result.reason === 'replay' ? undefined : detailText(result);
  const parts = [detail, late && 'late', replayed && 'replayed'].filter((part) => part !== undefined);
  return parts.join(', ') || '–';
}

function eventCells({ event }: OwedWork & { kind: 'event' }, { red, dim }: Colours): string[] {
  const tries = String(event.fanOutAttempts ?? '–');
  const since = timeText(event.receivedAt);
  return [
    orderText(event),
    'all',
    red('quarantined'),
    tries,
    since,
    '–',
    dim(event.eventId),
    'its fan-out fails',
  ];
}

function countText(found: readonly OwedWork[], isCut: boolean): string {
  const states = Map.groupBy(found, (one) =>
    one.kind === 'delivery' ? shownState(one.delivery.state) : 'quarantined',
  );
  const counts = [...states].map(([state, { length }]) => `${length} ${state}`).join(', ');
  return isCut ? `${counts}. There are more: --limit shows them.` : `${counts}.`;
}

export function deliveryListJson({ found, isCut }: DeliveryList): object {
  return {
    deliveries: found.map((one) => {
      if (one.kind === 'event') return { state: 'quarantined', ...one.event };
      const { niceId, orderId } = one.event ?? {};
      const ids = { ...(niceId !== undefined && { niceId }), ...(orderId !== undefined && { orderId }) };
      return { ...one.delivery, ...ids };
    }),
    more: isCut,
  };
}

export function retryText(result: RetryResult, isDryRun: boolean, what: string): string {
  const { retried, underWay, dueAlready, expired } = result;
  const done = isDryRun ? 'would be tried again' : 'tried again';
  return [
    `${plural(retried, what)} ${isDryRun ? done : `${isOrAre(retried)} ${done}`}.`,
    ...(dueAlready > 0
      ? [`${dueAlready} ${isOrAre(dueAlready)} due already, and still ${waitsOrWait(dueAlready)}.`]
      : []),
    ...(underWay > 0 ? [`${underWay} ${isOrAre(underWay)} being sent at this moment.`] : []),
    ...(expired > 0 ? [`${expired} cannot be: the events have expired.`] : []),
  ].join('\n');
}

export function cancelText({ cancelled, underWay }: CancelResult, isDryRun: boolean): string {
  const done = isDryRun ? 'would be cancelled' : `${isOrAre(cancelled)} cancelled`;
  return [
    `${plural(cancelled, 'delivery')} ${done}.`,
    ...(underWay > 0
      ? [`${underWay} ${isOrAre(underWay)} being sent at this moment, and stay${underWay === 1 ? 's' : ''}.`]
      : []),
  ].join('\n');
}

/** For people: when what is owed will go. */
export function whenText({
  count,
  atOnce,
  waits,
}: {
  count: number;
  atOnce: boolean;
  waits: readonly string[];
}): string[] {
  if (count === 0) return [];
  if (waits.length > 0) return waits.map((text) => `${text}.`);
  return [
    atOnce
      ? 'Deliver starts now.'
      : 'Deliver starts within a minute, with the oldest, and goes on as fast as the endpoint answers.',
  ];
}

/** `1 delivery`, `2 deliveries`, `3 events`. */
export function plural(count: number, what: string): string {
  if (count === 1) return `1 ${what}`;
  return `${count.toLocaleString('en')} ${what.replace(/y$/, 'ie')}s`;
}

export const isOrAre = (count: number) => (count === 1 ? 'is' : 'are');
const waitsOrWait = (count: number) => (count === 1 ? 'waits' : 'wait');
