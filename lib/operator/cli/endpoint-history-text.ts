/** The history of an endpoint, and the orders that it missed, as text and as JSON. */
import { reasonText } from '../../relay/model/reason.ts';
import type { HistoryItem, HistoryQuery } from '../deliveries/endpoint-history.ts';
import type { MissedOrder } from '../deliveries/missed-orders.ts';
import type { Page } from '../deliveries/newest-first-page.ts';
import { attemptText, colouredOutcome, orderText, stateText } from './event-text.ts';
import { nextTryText } from './next-try-text.ts';
import type { Colours, Screen } from './output.ts';
import { shortened, table } from './table.ts';
import { timeText } from './times.ts';

const ANSWER_LENGTH = 60;
const HISTORY_COLUMNS = [
  ...['received', 'order'],
  { title: 'ended', leaveOut: 2 },
  { title: 'attempts', leaveOut: 3 },
  'event',
  { title: 'outcome', leaveOut: 1, cutTo: 16 },
];
const MISSED_COLUMNS = [
  'order',
  { title: 'received', leaveOut: 3 },
  'state',
  { title: 'next attempt', leaveOut: 2, cutTo: 12 },
  'event',
  { title: 'why', leaveOut: 1, cutTo: 10 },
];

export function historyText(
  { items, next }: Page<HistoryItem>,
  endpointId: string,
  state: HistoryQuery['state'],
  colours: Screen,
  now = new Date(),
): string {
  if (items.length === 0) {
    const asked = state === undefined ? 'No events' : `No ${state} events`;
    return `${asked} for ${endpointId}${next === undefined ? '' : ' so far'}.`;
  }
  const rows = items.map((item) => historyCells(item, colours, now));
  return table(rows, HISTORY_COLUMNS, colours.columns);
}

function historyCells(item: HistoryItem, colours: Colours, now: Date): string[] {
  const { receivedAt, at, attempts, eventId, outcome, lastAnswer, next } = item;
  // With a reason, the outcome does not say the answer.
  const answer = outcome.reason !== undefined && lastAnswer ? `, last answer ${attemptText(lastAnswer)}` : '';
  const coming = next === undefined ? '' : `, next attempt ${nextTryText(next, now)}`;
  return [
    timeText(receivedAt, now),
    orderText(item),
    outcome.state === 'pending' ? '–' : timeText(at, now),
    String(attempts),
    colours.dim(eventId),
    colouredOutcome(outcome, colours) + answer + coming,
  ];
}

export function missedText(
  { items, next }: Page<MissedOrder>,
  { endpointId, since }: { readonly endpointId: string; readonly since: Date },
  colours: Screen,
  now = new Date(),
): string {
  if (items.length === 0) {
    const soFar = next === undefined ? '' : ', as far as this page goes';
    return `${endpointId} received the newest update of every order since ${timeText(since, now)}${soFar}.`;
  }
  const rows = items.map((order) => [
    orderText(order),
    timeText(order.receivedAt, now),
    stateText(order.state, colours),
    order.next === undefined ? '–' : nextTryText(order.next, now),
    colours.dim(order.eventId),
    shortened(whyText(order), ANSWER_LENGTH),
  ]);
  return table(rows, MISSED_COLUMNS, colours.columns);
}

function whyText({ reason, lastAnswer }: MissedOrder): string {
  const parts = [
    ...(reason === undefined ? [] : [reasonText(reason)]),
    ...(lastAnswer === undefined ? [] : [attemptText(lastAnswer)]),
  ];
  return parts.join(', ') || '–';
}

export function missedJson({ items, next }: Page<MissedOrder>, endpointId: string): object {
  return {
    items: items.map((order) => ({
      ...order,
      ...(order.next === undefined && { resend: resendCommand(order, endpointId) }),
    })),
    ...(next !== undefined && { next }),
  };
}

/** Resends one order. */
export function resendCommand({ eventId }: MissedOrder, endpointId: string): string {
  return `replay --event ${eventId} --endpoint ${endpointId}`;
}
